/** A part of a file, read on demand; its handle is given back, whatever happens. */
import type { ImageBytes } from "../../firmware/mod.ts";

/** The bytes [start, end) of the file. */
export class FileBytes implements ImageBytes {
  readonly #path: string;
  readonly #end: number;
  #at: number;
  #file: Deno.FsFile | undefined;
  #isClosed = false;

  /** The file is opened with the first read. */
  constructor(path: string, start: number, end: number) {
    this.#path = path;
    this.#at = start;
    this.#end = end;
  }

  async next(max: number): Promise<Uint8Array | undefined> {
    const count = Math.min(max, this.#end - this.#at);
    if (count <= 0 || this.#isClosed) return undefined;
    this.#file ??= await this.#open();
    if (this.#isClosed) return void this.#drop();
    const piece = new Uint8Array(count);
    const read = await this.#file.read(piece);
    if (read === null) throw new Error(`The file ends at ${this.#at}, before ${this.#end}`);
    this.#at += read;
    return piece.subarray(0, read);
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  async #open(): Promise<Deno.FsFile> {
    const file = await Deno.open(this.#path, { read: true });
    if (this.#at > 0) await file.seek(this.#at, Deno.SeekMode.Start);
    return file;
  }

  #drop(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
