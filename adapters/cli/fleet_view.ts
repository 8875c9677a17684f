/** A fleet at work as lines on a screen: one for each device, and a table at the end. */
import { bar, bytesText, Lines, paint, table } from "./terminal.ts";
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
    this.#devices.set(id, { trouble, state: "asking", detail: "", received: 0 });
    this.#draw(id, false);
  }

  /** Something happened in it. */
  show(id: string, event: DeviceEvent): void {
    const line = this.#devices.get(id)!;
    if (event.type === "chunk") return;
    if (event.type === "stored") line.received = event.received;
    else {
      line.state = event.state;
      line.detail = event.detail ?? "";
    }
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
    return table([["device", "outcome", "runs", "attempts", "fetched", "cuts", ""], ...rows]);
  }

  #draw(id: string, milestone: boolean): void {
    if (!this.#isSmall && !milestone) return;
    const { state, detail, received, trouble } = this.#devices.get(id)!;
    const share = received / this.#size;
    const percent = `${Math.floor(100 * share)}`.padStart(3);
    const shown = paint(this.#screen, colours[state] ?? "cyan", state.padEnd(12));
    const about = paint(this.#screen, "dim", detail || trouble);
    this.#lines.set(id, `${id}  ${bar(share, 24)} ${percent} %  ${shown} ${about}`, milestone);
  }
}
