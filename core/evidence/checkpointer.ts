/**
 * Makes the checkpoints of a log while its engine runs: at its start, every so many rows, so long after
 * new ones, and at its end. The engine never waits for it, and nothing that happens here stops it.
 */
import type { Clock } from "../engine/ports.ts";
import type { Sha256 } from "../log/mod.ts";
import { checkpointText } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { againMs, checkpointDueMs } from "./checkpoint_pace.ts";
import type { CheckpointPace } from "./checkpoint_pace.ts";
import type { LogTree } from "./log_tree.ts";
import { noteText } from "./note.ts";
import type { VerifierKey } from "./note.ts";
import { Publication } from "./publication.ts";
import type { PublicationPorts } from "./publication.ts";

/** What a checkpointer needs from outside. */
export interface CheckpointerPorts extends Omit<PublicationPorts, "clock" | "publish"> {
  readonly clock: Pick<Clock, "monotonic" | "soon" | "after">;
  readonly tree: LogTree;
  readonly sha256: Sha256;
  /** Signs with the key of the log (Ed25519). */
  sign(bytes: Uint8Array): Uint8Array;
  /** Without it checkpoints are made, but go nowhere. */
  readonly publish?: PublicationPorts["publish"] | undefined;
}

/** What a checkpointer is told. */
export interface CheckpointerOptions {
  /** The key of the log; its name is the origin of the checkpoints. */
  readonly key: VerifierKey;
  readonly pace: CheckpointPace;
  /** The newest one of this log that is known from before: what is signed must have grown out of it. */
  readonly known?: Checkpoint | undefined;
}

/** The log is not what was signed before: to sign it, too, would make two logs of it. */
class Forked extends Error {
  constructor(size: number, found: string) {
    super(
      `No checkpoint is signed any more: one of ${size} rows was signed before, and the log ${found}. ` +
        "Somebody changed it, or put an older copy in its place: look at it with deno task verify. After " +
        "a restore keep the checkpoints that are there, as evidence, and begin anew with another " +
        "--checkpoints; otherwise restore a newer backup.",
    );
  }
}

/** The checkpoints of one log. */
export class Checkpointer {
  readonly #ports: CheckpointerPorts;
  readonly #options: CheckpointerOptions;
  readonly #publication: Publication | undefined;
  /** The newest that somebody may have. */
  #signed: Checkpoint | undefined;
  #last: string | undefined;
  #madeAt = 0;
  #making: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #failures = 0;
  #told: string | undefined;
  #isForked = false;
  #isEnding = false;

  /** Makes none before `start`. */
  constructor(ports: CheckpointerPorts, options: CheckpointerOptions) {
    const { clock, publish, tell } = ports;
    this.#ports = ports;
    this.#options = options;
    this.#publication = publish && new Publication({ clock, publish, tell });
    this.#signed = options.known;
  }

  /** The newest note; `undefined`: there is none yet. */
  get last(): string | undefined {
    return this.#last;
  }

  /** The engine started. */
  start(): void {
    this.#make();
  }

  /** Rows were committed. */
  committed(): void {
    // A failure is waited out, and with it whatever comes meanwhile.
    if (this.#isEnding || this.#isForked || this.#making || this.#failures > 0) return;
    const { clock, tree } = this.#ports;
    const rows = tree.size - (this.#signed?.size ?? 0);
    const due = checkpointDueMs(rows, clock.monotonic() - this.#madeAt, this.#options.pace);
    if (due === 0) this.#make();
    else if (due !== undefined) this.#cancelTimer ??= this.#after(due, () => this.committed());
  }

  /** The engine stopped: makes the last one, and waits no longer than so for its way. Never rejects. */
  async finish(limitMs: number): Promise<void> {
    this.#isEnding = true;
    this.#cancelTimer?.();
    await this.#making;
    this.#make();
    await this.#making;
    await this.#publication?.finish(limitMs);
  }

  #make(): void {
    if (this.#isForked) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#making = this.#next().then(
      () => this.#worked(),
      (error: Error) => this.#failed(error),
    ).then(() => {
      this.#making = undefined;
      this.committed();
    });
  }

  async #next(): Promise<void> {
    const { tree, sha256, sign, clock } = this.#ports;
    // Whoever was told of a commit goes on first.
    await new Promise<void>((resolve) => clock.soon(resolve));
    await this.#assertGrown();
    const { size } = tree;
    if (this.#last !== undefined && size === this.#signed?.size) return;
    const root = await tree.rootAt(size);
    const { key } = this.#options;
    const checkpoint = { origin: key.name, size, root };
    this.#last = noteText(checkpointText(checkpoint), key, sign, sha256);
    this.#signed = checkpoint;
    this.#madeAt = clock.monotonic();
    this.#publication?.offer(this.#last);
  }

  async #assertGrown(): Promise<void> {
    const { tree } = this.#ports;
    const before = this.#signed;
    if (!before) return;
    const found = tree.size < before.size
      ? `ends at row ${tree.size}`
      : await tree.rootAt(before.size) !== before.root
      ? "has other rows there"
      : undefined;
    if (found !== undefined) throw new Forked(before.size, found);
  }

  #worked(): void {
    if (this.#told !== undefined) this.#ports.tell("Checkpoints are made again.");
    [this.#failures, this.#told] = [0, undefined];
  }

  #failed(error: Error): void {
    if (error instanceof Forked) {
      this.#isForked = true;
      return this.#ports.tell(error.message);
    }
    const sentence = `No checkpoint could be made: ${error.message}`;
    if (this.#isEnding) return this.#ports.tell(sentence);
    if (sentence !== this.#told) this.#ports.tell(`${sentence} It is tried again.`);
    this.#told = sentence;
    this.#cancelTimer = this.#after(againMs(++this.#failures), () => this.#make());
  }

  #after(ms: number, call: () => void): () => void {
    return this.#ports.clock.after(ms, () => {
      this.#cancelTimer = undefined;
      call();
    });
  }
}
