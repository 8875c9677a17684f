/** I4: what an operator was promised, or a device confirmed, is in the log when that is answered. */
import type { Answer, CommandInput, DeliveredInput } from "../../engine/mod.ts";
import type { SeenRow, Submission } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { releaseKey } from "./naive.ts";
import type { NaiveTask } from "./naive.ts";

/** Judges that what was answered well was done. */
export class CarriedOut implements Judge {
  readonly #court: Court;
  /** The engine time of the last row. */
  #at = 0;

  constructor(court: Court) {
    this.#court = court;
  }

  afterRow({ fact: { at } }: SeenRow): void {
    this.#at = at;
  }

  answered({ input }: Submission, answer: Answer): void {
    if (!answer.ok) return;
    if (input.kind === "command") this.#judgeCommand(input, answer);
    else if (input.kind === "delivered") this.#judgeDelivered(input);
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
          task.policy.image === command.request.checksum &&
          hasCompletion(task, command.request.completion);
        return this.#expect(isThere, `${JSON.stringify(result)} is queued`);
      }
      case "cancelTask": {
        const isThere = naive.tasks.get(command.task)?.state === "cancelled";
        return this.#expect(isThere, `${command.task} is cancelled`);
      }
    }
  }

  #judgeDelivered({ device, task, message, attempt }: DeliveredInput): void {
    const owed = this.#court.naive.devices.get(device)?.owed.get(task);
    if (owed?.kind !== message || owed.attempt !== attempt) return;
    // What is owed anew since was made owed by another row of the same batch.
    this.#expect(owed.at >= this.#at, `${device} has ${message} of ${task}`);
  }

  #expect(holds: boolean | undefined, what: string): void {
    if (!holds) this.#court.deny("I4", `It was answered that ${what}, but no row says so.`);
  }
}

/** The one that was asked for, or else one that fits the device, for as much as was known of it. */
function hasCompletion({ queuedWith, queuedFor }: NaiveTask, asked: string | undefined): boolean {
  const isOpen = asked === undefined && !queuedFor.isHeard;
  return queuedWith.completion === (asked ?? (queuedFor.isFetcher ? "seen" : "verified")) &&
    (queuedWith.or_seen !== undefined) === isOpen;
}
