/** A part of a file as a stream that reads on demand and gives its handle back, whatever happens. */

/** Bytes read at once. */
const PIECE_BYTES = 131_072;

/** The bytes [start, end) of the file; errors when the file is shorter. */
export function readRange(
  path: string,
  start: number,
  end: number,
): ReadableStream<Uint8Array> {
  let file: Deno.FsFile | undefined;
  let at = start;
  const close = () => {
    file?.close();
    file = undefined;
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        if (!file) {
          file = await Deno.open(path, { read: true });
          if (start > 0) await file.seek(start, Deno.SeekMode.Start);
        }
        const piece = new Uint8Array(Math.min(PIECE_BYTES, end - at));
        const count = piece.length > 0 ? await file.read(piece) : 0;
        if (count === null) throw new Error(`The file ends at ${at}, before ${end}`);
        at += count;
        if (count > 0) controller.enqueue(piece.subarray(0, count));
        if (at < end) return;
        close();
        controller.close();
      } catch (error) {
        close();
        throw error;
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
}
