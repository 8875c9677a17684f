/** A fleet at work as lines on a screen: one for each device, and a table at the end. */
import { bytesText, Lines, paint, shareText, table } from "./terminal.ts";
import type { Screen } from "./terminal.ts";

/** What a device tells while it works. */
export type DeviceEvent =
  | { readonly type: "state"; readonly state: string; readonly detail?: string }
  | { readonly type: "stored"; readonly received: number; readonly size: number }
  | { readonly type: "chunk"; readonly index: number };

/** How a device ended. */
export interface FleetEnd {
  readonly id: string;
  /** What was special about it. */
  readonly trouble: string;
  /** The version it is known to run. */
  readonly version: string;
  readonly end: {
    readonly outcome: string;
    readonly stats: {
      readonly attempts: number;
      readonly bytesFetched: number;
      readonly cuts: number;
    };
  };
}

interface Line {
  readonly trouble: string;
  state: string;
  detail: string;
  received: number;
  /** Chunks fetched again since all was stored and the digest was wrong; `undefined`: not so. */
  again: number | undefined;
}

const colours: Readonly<Record<string, "green" | "red" | "yellow">> = {
  succeeded: "green",
  failed: "red",
  cut: "yellow",
  waiting: "yellow",
};

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
  begin(id: string, trouble: string): void {
    this.#devices.set(id, { trouble, state: "asking", detail: "", received: 0, again: undefined });
    this.#draw(id, false);
  }

  /** Something happened in it. */
  show(id: string, event: DeviceEvent): void {
    const line = this.#devices.get(id)!;
    if (event.type === "chunk") line.again = line.again === undefined ? undefined : line.again + 1;
    if (event.type === "stored") {
      Object.assign(line, { received: event.received, again: undefined });
    }
    if (event.type === "state") enter(line, event.state, event.detail ?? "");
    this.#draw(id, event.type === "state");
  }

  /** The end of all of them as a table. */
  summary(ends: readonly FleetEnd[]): string {
    const rows = ends.map(({ id, end: { outcome, stats }, version, trouble }) => [
      id,
      outcome,
      version,
      `${stats.attempts}`,
      bytesText(stats.bytesFetched),
      `${stats.cuts}`,
      trouble,
    ]);
    return table([["device", "outcome", "runs", "attempts", "fetched", "cuts", "trait"], ...rows]);
  }

  #draw(id: string, milestone: boolean): void {
    if (!this.#isSmall && !milestone) return;
    const line = this.#devices.get(id)!;
    const { state, detail, trouble } = line;
    const shown = paint(this.#screen, colours[state] ?? "cyan", state.padEnd(12));
    const about = paint(this.#screen, "dim", detail || trouble);
    this.#lines.set(id, `${id}  ${this.#progress(line)}  ${shown} ${about}`.trimEnd(), milestone);
  }

  /** What is stored, as a bar; how much of it is right is not known while chunks are fetched again. */
  #progress({ received, again }: Line): string {
    const barred = shareText(received / this.#size);
    return again === undefined ? barred : `chunks fetched again: ${again}`.padEnd(barred.length);
  }
}

function enter(line: Line, state: string, detail: string): void {
  if (state === "downloading" && line.state === "verifying") line.again = 0;
  if (state === "succeeded") line.again = undefined;
  Object.assign(line, { state, detail });
}
