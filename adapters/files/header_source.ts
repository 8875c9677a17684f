/** A header is read from the open file that has it, a few bytes at a time. */
import type { HeaderSource } from "../../firmware/mod.ts";

/** The first `size` bytes of the file, which stays its maker's to close. */
export function headerSource(file: Deno.FsFile, size: number): HeaderSource {
  return {
    size,
    read: async (start, end) => {
      await file.seek(start, Deno.SeekMode.Start);
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.length;) {
        const count = await file.read(bytes.subarray(at));
        if (count === null) throw new Error(`the file ends at ${start + at}, before ${end}`);
        at += count;
      }
      return bytes;
    },
  };
}
