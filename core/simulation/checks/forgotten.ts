/**
 * I16: personal texts are gone once the log says that they were erased, and those of no other rows are.
 */
import { deviceStream } from "../../log/mod.ts";
import type { Answer, Write } from "../../engine/mod.ts";
import type { SeenRow, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Judges that what was erased is what the log says, and nothing else. */
export class Forgotten implements Judge {
  readonly #court: Court;
  /** Streams that something was erased of. */
  readonly #erased = new Set<string>();

  constructor(court: Court) {
    this.#court = court;
  }

  committed(rows: readonly SeenRow[], writes: readonly Write[]): void {
    const said = new Map<string, number>();
    for (const { header, fact } of rows) {
      if (fact.type === "DataErased") said.set(header.stream, fact.data.through);
    }
    for (const { stream, erasedThrough } of writes) {
      if (erasedThrough === said.get(stream)) continue;
      this.#deny(
        `Texts of ${stream} up to ${erasedThrough} are gone, not up to ${said.get(stream)}`,
      );
    }
    for (const [stream, through] of said) this.#judge(stream, through);
  }

  answered({ input }: Submission, answer: Answer): void {
    if (input.kind !== "command" || input.command.type !== "eraseData" || !answer.ok) return;
    const { result } = answer;
    if (result?.type !== "erased" || result.isMore || result.rows === 0) return;
    const { device } = input.command;
    const isThere = this.#erased.has(deviceStream(device));
    if (!isThere) this.#deny(`It was answered that ${device} is forgotten, but no row says so`);
  }

  #judge(stream: string, through: number): void {
    this.#erased.add(stream);
    const [left = through + 1] = this.#court.sight.disk.personalRows(stream, 0, 1);
    if (left <= through) this.#deny(`Row ${left} of ${stream} still has its personal text`);
  }

  #deny(what: string): void {
    this.#court.deny("I16", `${what}.`);
  }
}
