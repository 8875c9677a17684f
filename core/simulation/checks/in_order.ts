/** I4: rows of one device are in the order in which their inputs were submitted, within one life. */
import type { Input } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";

interface Lane {
  /** The numbers of the inputs under way, by the names that their rows will bear. */
  readonly numbers: Map<string, number[]>;
  /** The number of the last input that has a row. */
  last: number;
}

/** Judges that nobody's reports overtake each other. */
export class InOrder implements Judge {
  readonly #court: Court;
  readonly #lives = new Map<Life, Map<string, Lane>>();

  constructor(court: Court) {
    this.#court = court;
  }

  submitted({ life, input, number }: Submission): void {
    for (const name of namesOf(input)) {
      const { numbers } = this.#lane(life, (input as { device: string }).device);
      numbers.set(name, [...numbers.get(name) ?? [], number]);
    }
  }

  answered({ life, input, number }: Submission): void {
    for (const name of namesOf(input)) {
      const { numbers } = this.#lane(life, (input as { device: string }).device);
      const left = numbers.get(name)?.filter((other) => other !== number) ?? [];
      if (left.length > 0) numbers.set(name, left);
      else numbers.delete(name);
    }
  }

  died(life: Life): void {
    this.#lives.delete(life);
  }

  beforeRow({ header: { seq, stream }, fact }: SeenRow, life: Life): void {
    const { id, packet } = fact.data as { id?: string; packet?: string };
    if (id === undefined && packet === undefined || fact.type === "TaskQueued") return;
    const lane = this.#lane(life, deviceOf(stream));
    const numbers = lane.numbers.get(id === undefined ? `packet ${packet}` : `id ${id}`);
    if (!numbers) return this.#deny(seq, "is of a report that is not under way");
    // Of a report that is under way twice the row may be of either.
    const number = numbers.find((number) => number > lane.last);
    if (number === undefined) return this.#deny(seq, `follows input ${lane.last}, ${numbers}`);
    lane.last = number;
  }

  #lane(life: Life, device: string): Lane {
    const lanes = this.#lives.get(life) ?? new Map<string, Lane>();
    this.#lives.set(life, lanes);
    const lane = lanes.get(device) ?? { numbers: new Map(), last: 0 };
    lanes.set(device, lane);
    return lane;
  }

  #deny(seq: number, what: string): void {
    this.#court.deny("I4", `Row ${seq} ${what}.`);
  }
}

/** The names in the row of a report: its id, else its packet. */
function namesOf(input: Input): string[] {
  if (input.kind !== "report" || "code" in input.parsed) return [];
  const { id } = input.parsed.body;
  if (id !== undefined) return [`id ${id}`];
  return input.packet ? [`packet ${input.packet.key}`] : [];
}
