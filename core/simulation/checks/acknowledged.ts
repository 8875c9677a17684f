/** I4: what was answered well is in the log at that instant, and a repeat of it adds nothing. */
import type { Answer, CommandInput, ReportInput } from "../../engine/mod.ts";
import type { Life, SeenRow, Submission } from "../watch.ts";
import { leavesNoFact } from "./factless.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf, releaseKey } from "./naive.ts";

/** A device knows so many reports again. */
const KNOWN_MAX = 32;

/** What is on record of one device's reports. */
interface Taken {
  /** Every id and packet that a row bears. */
  readonly names: Set<string>;
  /** The last ids, and the last packets, oldest first. */
  readonly last: Readonly<Record<"id" | "packet", string[]>>;
}

/** Judges that acknowledged reports and commands are durable. */
export class Acknowledged implements Judge {
  readonly #court: Court;
  readonly #taken = new Map<string, Taken>();

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, stream, cause }, fact: { type, data } }: SeenRow): void {
    const taken = this.#takenOf(deviceOf(stream));
    for (const kind of ["id", "packet"] as const) {
      const name = (data as Readonly<Record<string, unknown>>)[kind];
      if (typeof name !== "string") continue;
      const last = taken.last[kind];
      // A wish is one report and two facts: the request, and the task that it led to.
      const isWished = type === "TaskQueued" && cause !== null && last.at(-1) === name;
      if (isWished) continue;
      if (last.includes(name)) {
        this.#deny(`Row ${seq}: the report with ${kind} ${name} is a second fact`);
      }
      taken.names.add(`${kind} ${name}`);
      last.push(name);
      if (last.length > KNOWN_MAX) last.shift();
    }
  }

  answered({ input, number, life }: Submission, answer: Answer): void {
    if (!answer.ok) return;
    if (input.kind === "command") this.#judgeCommand(input, answer);
    else if (input.kind === "report") this.#judgeReport(input, number, answer, life);
    else if (input.kind === "delivered") {
      const owed = this.#court.naive.devices.get(input.device)?.owed.get(input.task);
      if (owed?.kind !== input.message || owed.attempt !== input.attempt) return;
      // What is owed anew since was made owed by another row of the same batch.
      if (owed.at < this.#at) this.#deny(`${input.message} of ${input.task} is owed still`);
    }
  }

  /** The engine time of the last row. */
  #at = 0;

  afterRow({ fact: { at } }: SeenRow): void {
    this.#at = at;
  }

  #judgeReport(
    input: ReportInput,
    number: number,
    answer: Extract<Answer, { ok: true }>,
    life: Life,
  ): void {
    const { parsed, device, packet } = input;
    if ("code" in parsed) return;
    if (answer.messages.some(({ message }) => message.kind === "rejected")) return;
    const { id } = parsed.body;
    if (id === undefined && packet === undefined) return;
    const { names } = this.#takenOf(device);
    if (names.has(`id ${id}`) || names.has(`packet ${packet?.key}`)) return;
    // An engine knows again, while it lives, what it took without a fact.
    const again = `life ${life.number}, id ${id}`;
    if (id !== undefined && names.has(again)) return;
    if (leavesNoFact(this.#court.naive, device, parsed)) return void names.add(again);
    const said = JSON.stringify(parsed);
    this.#deny(`Input ${number} of ${device} was taken and is in no row: ${said}`);
  }

  #judgeCommand({ command }: CommandInput, { result }: Extract<Answer, { ok: true }>): void {
    const { naive } = this.#court;
    switch (command.type) {
      case "registerDevice":
        return this.#expect(naive.devices.has(command.device), `${command.device} is registered`);
      case "revokeDevice":
        return this.#expect(naive.devices.get(command.device)?.isRevoked, "the device is revoked");
      case "addFirmware": {
        const key = releaseKey(command.product, command.version);
        const isThere = naive.releases.get(key) === `sha256:${command.image.sha256}`;
        return this.#expect(isThere, `${command.version} is named`);
      }
      case "requestUpgrade": {
        const task = naive.tasks.get(result?.type === "task" ? result.task : "");
        const isThere = task?.device === command.request.device_id &&
          task.policy.image === command.request.checksum;
        return this.#expect(isThere, `${JSON.stringify(result)} is queued`);
      }
      case "cancelTask":
        return this.#expect(
          naive.tasks.get(command.task)?.state === "cancelled",
          `${command.task} is cancelled`,
        );
    }
  }

  #expect(holds: boolean | undefined, what: string): void {
    if (!holds) this.#deny(`It was answered that ${what}, but no row says so`);
  }

  #takenOf(device: string): Taken {
    const known = this.#taken.get(device);
    if (known) return known;
    const taken = { names: new Set<string>(), last: { id: [], packet: [] } };
    this.#taken.set(device, taken);
    return taken;
  }

  #deny(sentence: string): void {
    this.#court.deny("I4", `${sentence}.`);
  }
}
