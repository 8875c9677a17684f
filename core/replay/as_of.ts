/**
 * The state of a device as of a point of its log: its rows are folded one after the other, up to there.
 * What the rows say is taken for true; whether it is, is for a replay to prove.
 */
import { stepDevice } from "../device/fold.ts";
import type { Device } from "../device/state.ts";
import { isDeviceFact } from "../engine/streams.ts";
import type { Fact } from "../log/mod.ts";
import type { LogPoint } from "../protocol/point.ts";
import type { Divergence } from "./divergence.ts";
import { readRow } from "./read_row.ts";
import type { StoredCells } from "./read_row.ts";

/** A device as of a point. */
export interface DeviceAsOf {
  /** Its state then. */
  readonly device: Device;
  /** An operator's labels, unless they were erased since. */
  readonly tags: readonly string[];
  /** The last of its rows that is in it. */
  readonly seq: number;
  /** When that row was written: engine time, milliseconds since 1970. */
  readonly at: number;
}

/** A row that nothing can be made of. */
export interface UnreadableRow extends Pick<Divergence, "what" | "expected" | "found"> {
  /** Its place in the log, as its cell has it. */
  readonly seq: unknown;
}

/** Folds one device's stream, row by row in its order. */
export class AsOf {
  readonly #point: LogPoint;
  #state: DeviceAsOf | undefined;

  /** Up to that point. */
  constructor(point: LogPoint) {
    this.#point = point;
  }

  /** The state so far; `undefined`: the device was not known yet. */
  get state(): DeviceAsOf | undefined {
    return this.#state;
  }

  /**
   * Takes the next row. `false`: it lies behind the point, as do all that follow. Never throws for what
   * stands in a cell.
   */
  take(cells: StoredCells): boolean | UnreadableRow {
    const row = readRow(cells);
    if ("what" in row) {
      const isOut = isBehind(this.#point, Number(cells.seq), timeOf(cells));
      return isOut ? false : { seq: cells.seq, ...row };
    }
    const { header: { seq, at }, fact } = row;
    if (isBehind(this.#point, seq, at)) return false;
    const device = stepped(this.#state?.device, fact);
    if (!device) {
      return { seq, what: "fact", expected: "one that continues the stream", found: fact.type };
    }
    const tags = fact.type === "DeviceRegistered" ? fact.personal?.tags : this.#state?.tags;
    this.#state = { device, tags: tags ?? [], seq, at };
    return true;
  }
}

/** `undefined`: the fact does not follow from that state, whoever wrote it down. */
function stepped(before: Device | undefined, fact: Fact): Device | undefined {
  try {
    return isDeviceFact(fact) ? stepDevice(before, fact).device : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a row of that number and time lies behind the point. */
export function isBehind(point: LogPoint, seq: number, at: number): boolean {
  return "seq" in point ? seq > point.seq : at > point.at;
}

/** What a stored row says of its time; `NaN`, which lies behind no point: it says nothing. */
export function timeOf({ bytes }: Pick<StoredCells, "bytes">): number {
  try {
    const { at } = Object(JSON.parse(String(bytes)));
    return typeof at === "number" ? at : NaN;
  } catch {
    return NaN;
  }
}
