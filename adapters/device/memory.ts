/** What a device keeps across a reboot: one image being stored, and a few facts about itself. */
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
}

/** The facts. */
export interface Kept {
  /** The version that runs. */
  version: string | null;
  task: KeptTask | null;
}

/** The device's flash: `{folder}/{id}.bin` and `{folder}/{id}.json`. */
export class DeviceMemory {
  readonly image: string;
  readonly #facts: string;
  kept: Kept;

  private constructor(base: string, kept: Kept) {
    this.image = `${base}.bin`;
    this.#facts = `${base}.json`;
    this.kept = kept;
  }

  /** Reads what was kept, or begins anew. */
  static async open(folder: string, id: string, version: string | null): Promise<DeviceMemory> {
    await Deno.mkdir(folder, { recursive: true });
    const base = `${folder}/${id}`;
    const text = await Deno.readTextFile(`${base}.json`).catch(() => undefined);
    const kept = text === undefined ? { version, task: null } : JSON.parse(text) as Kept;
    return new DeviceMemory(base, kept);
  }

  /** Begins the task, unless it is the one in hand. */
  async begin(id: string, checksum: string, size: number): Promise<void> {
    const { task } = this.kept;
    if (task?.id === id && task.checksum === checksum && task.missing) return;
    await this.#resize(size);
    this.kept.task = { id, checksum, size, missing: [[0, size]] };
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

  /** Keeps the facts: a new file replaces the old one, whole. */
  async save(): Promise<void> {
    await Deno.writeTextFile(`${this.#facts}.new`, JSON.stringify(this.kept));
    await Deno.rename(`${this.#facts}.new`, this.#facts);
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
