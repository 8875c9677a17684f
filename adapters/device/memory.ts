/**
 * What a device keeps across a reboot: one image being stored, one that had to make way for it, and
 * a few facts about itself.
 */
import { createHash } from "node:crypto";
import { without } from "./spans.ts";
import type { Span } from "./spans.ts";

/** The task in hand. Bytes are counted, not chunks, whose size may change on the way. */
export interface KeptTask {
  readonly id: string;
  /** The image's checksum. */
  readonly checksum: string;
  /** Bytes of the image. */
  readonly size: number;
  /** What is not stored yet, or found bad, in ascending order. */
  missing: readonly Span[];
  /** The image is to be booted at the next start. */
  boot?: KeptBoot;
}

/** What the device boots. */
export interface KeptBoot {
  readonly version: string;
  /** The id of its report on that, so that it counts once however often it is said. */
  readonly reportId: string;
  /** Whether it reports at all. */
  readonly reports: boolean;
}

/** The facts. */
export interface Kept {
  /** The version that runs. */
  version: string | null;
  task: KeptTask | null;
  /** A task that a more urgent one took the place of. */
  aside?: KeptTask | null;
}

/** The device's flash: `{folder}/{id}.bin` and `{id}.json`, and `{id}.aside` beside them. */
export class DeviceMemory {
  readonly image: string;
  readonly #facts: string;
  readonly #aside: string;
  #saved: Promise<void> = Promise.resolve();
  kept: Kept;
  /** The boot that it started with: one that is still to come has another. */
  readonly #bootId: string | undefined;

  private constructor(base: string, kept: Kept) {
    this.image = `${base}.bin`;
    this.#facts = `${base}.json`;
    this.#aside = `${base}.aside`;
    this.kept = kept;
    this.#bootId = kept.task?.boot?.reportId;
  }

  /** Whether it started in order to boot the image of its task: one that is to be booted next was not. */
  get hasBooted(): boolean {
    return this.#bootId !== undefined && this.kept.task?.boot?.reportId === this.#bootId;
  }

  /** Reads what was kept, or begins anew. */
  static async open(folder: string, id: string, version: string | null): Promise<DeviceMemory> {
    await Deno.mkdir(folder, { recursive: true });
    const base = `${folder}/${id}`;
    const text = await Deno.readTextFile(`${base}.json`).catch(() => undefined);
    const kept = text === undefined ? { version, task: null } : JSON.parse(text) as Kept;
    return new DeviceMemory(base, kept);
  }

  /** Begins the task, unless it is the one in hand or aside; what is in hand makes way. */
  async begin(id: string, checksum: string, size: number): Promise<void> {
    const isIt = (task?: KeptTask | null) =>
      task?.id === id && task.checksum === checksum && task.missing;
    const { task, aside } = this.kept;
    if (isIt(task)) return;
    if (aside && isIt(aside)) {
      await Deno.rename(this.#aside, this.image);
      Object.assign(this.kept, { task: aside, aside: null });
    } else {
      if (task) await this.putAside(task.id);
      await this.#resize(size);
      this.kept.task = { id, checksum, size, missing: [[0, size]] };
    }
    await this.save();
  }

  /** The task makes way for another, if it is in hand: it may be begun again later. */
  async putAside(id: string): Promise<void> {
    const { task } = this.kept;
    if (task?.id !== id) return;
    await Deno.rename(this.image, this.#aside);
    Object.assign(this.kept, { task: null, aside: task });
    await this.save();
  }

  /** The task is over: there is nothing to go on with. */
  async forget(id: string): Promise<void> {
    const { task, aside } = this.kept;
    if (task?.id === id) this.kept.task = null;
    if (aside?.id === id) {
      this.kept.aside = null;
      await Deno.remove(this.#aside);
    }
    await this.save();
  }

  /** Bytes stored without a gap from the start; 0 without a task. */
  get received(): number {
    const { task } = this.kept;
    return task ? task.missing?.[0]?.[0] ?? task.size : 0;
  }

  /** Stores bytes of the task's image at their place. */
  async store(offset: number, bytes: Uint8Array): Promise<void> {
    using file = await Deno.open(this.image, { create: true, write: true });
    await file.seek(offset, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    const task = this.kept.task!;
    task.missing = without(task.missing, [offset, offset + bytes.length]);
  }

  /** Keeps the facts: a new file replaces the old one, whole; one after the other. */
  save(): Promise<void> {
    const save = async () => {
      await Deno.writeTextFile(`${this.#facts}.new`, JSON.stringify(this.kept));
      await Deno.rename(`${this.#facts}.new`, this.#facts);
    };
    return this.#saved = this.#saved.then(save, save);
  }

  /** SHA-256 of [start, end) of what is stored, as `sha256:…`; of everything without bounds. */
  async checksum(start = 0, end = Infinity): Promise<string> {
    const hash = createHash("sha256");
    using file = await Deno.open(this.image, { read: true });
    await file.seek(start, Deno.SeekMode.Start);
    const piece = new Uint8Array(65_536);
    for (let left = end - start; left > 0;) {
      const count = await file.read(piece.subarray(0, Math.min(piece.length, left)));
      if (count === null) break;
      hash.update(piece.subarray(0, count));
      left -= count;
    }
    return `sha256:${hash.digest("hex")}`;
  }

  async #resize(size: number): Promise<void> {
    using file = await Deno.open(this.image, { create: true, write: true });
    await file.truncate(size);
  }
}
