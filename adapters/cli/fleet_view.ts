/** A fleet at work as lines on a screen: one for each device. */
import { Lines, paint, shareText } from "./terminal.ts";
import type { Screen } from "./terminal.ts";

/** What a device tells while it works. */
export type DeviceEvent =
  | { readonly type: "state"; readonly state: string; readonly detail?: string }
  | { readonly type: "stored"; readonly received: number; readonly size: number }
  | { readonly type: "switch"; readonly transport: string; readonly reason: string }
  | { readonly type: "chunk"; readonly index: number };

interface Line {
  readonly trait: string;
  state: string;
  detail: string;
  received: number;
  /** Chunks fetched again since all was stored and the digest was wrong; `undefined`: not so. */
  again: number | undefined;
}

const colours: Readonly<Record<string, "green" | "red" | "yellow">> = {
  succeeded: "green",
  failed: "red",
  timed_out: "red",
  rolled_back: "red",
  lost: "red",
  cut: "yellow",
  waiting: "yellow",
  silent: "yellow",
  dark: "yellow",
};

/** How the device takes the end of its task: shown is how the engine does. */
const outcomes: readonly string[] = ["succeeded", "failed", "cancelled"];

/** What comes between the milestones: not worth a line where nothing can be redrawn. */
const passing: readonly string[] = ["connecting", "connected", "verifying", "installing"];

const evident: readonly string[] = ["connecting", "restarted", "silent", "dark"];

/** The lines of all devices. */
export class FleetView {
  readonly #screen: Screen;
  readonly #lines: Lines;
  readonly #devices = new Map<string, Line>();
  readonly #isSmall: boolean;
  readonly #size: number;

  /** `size`: bytes of the image. A large fleet shows its milestones only. */
  constructor(screen: Screen, devices: number, size: number) {
    this.#screen = screen;
    this.#lines = new Lines(screen);
    this.#isSmall = devices <= 30;
    this.#size = size;
  }

  /** A device begins. */
  begin(id: string, trait: string): void {
    this.#devices.set(id, { trait, state: "asking", detail: "", received: 0, again: undefined });
    this.#draw(id, false);
  }

  /** Something happened in it. */
  show(id: string, event: DeviceEvent): void {
    if (event.type === "state" && outcomes.includes(event.state)) return;
    const line = this.#devices.get(id)!;
    if (event.type === "chunk") line.again = line.again === undefined ? undefined : line.again + 1;
    if (event.type === "stored") {
      Object.assign(line, { received: event.received, again: undefined });
    }
    if (event.type === "switch") line.detail = switchText(event);
    if (event.type === "state") enter(line, event.state, event.detail ?? "");
    this.#draw(id, event.type === "state" && !passing.includes(event.state));
  }

  /** Its task has ended for the engine, in that state. */
  end(id: string, state: string, reason: string): void {
    Object.assign(this.#devices.get(id)!, { state, detail: reason, again: undefined });
    this.#draw(id, true);
  }

  #draw(id: string, milestone: boolean): void {
    if (!this.#isSmall && !milestone) return;
    const line = this.#devices.get(id)!;
    const { state, detail, trait } = line;
    const shown = paint(this.#screen, colours[state] ?? "cyan", state.padEnd(12));
    const about = paint(
      this.#screen,
      "dim",
      trait && detail ? `${trait} (${detail})` : trait || detail,
    );
    this.#lines.set(id, `${id}  ${this.#progress(line)}  ${shown} ${about}`.trimEnd(), milestone);
  }

  /** What is stored, as a bar; how much of it is right is not known while chunks are fetched again. */
  #progress({ received, again }: Line): string {
    const barred = shareText(received / this.#size);
    return again === undefined ? barred : `chunks fetched again: ${again}`.padEnd(barred.length);
  }
}

/** `bytes over MQTT: the engine says slow` */
export function switchText({ transport, reason }: DeviceEvent & { type: "switch" }): string {
  return `bytes over ${transport.toUpperCase()}: ${reason}`;
}

function enter(line: Line, state: string, detail: string): void {
  if (state === "downloading" && line.state === "verifying") line.again = 0;
  Object.assign(line, { state, detail: isEvident(state, detail) ? "" : detail });
}

/** Whether the state says it all: to whom a device connects, or that its first attempt is one. */
function isEvident(state: string, detail: string): boolean {
  return evident.includes(state) || detail === "attempt 1";
}
