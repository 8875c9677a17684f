/** The end of a text that somebody sends, who may never stop. */

/** Some hundred notes. */
const END_BYTES = 65_536;
/** As much as is taken of what comes before. */
const BYTES_MAX = 16 * 1_048_576;

/** Its last bytes as text. What was cut off at their begin is no whole note. @throws what reading throws */
export async function textEnd(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
): Promise<{ text: string } | { why: string }> {
  let [end, size] = [new Uint8Array(), 0];
  for await (const chunk of body ?? []) {
    if ((size += chunk.length) > BYTES_MAX) return { why: "what it gives is larger than 16 MiB" };
    const both = new Uint8Array(end.length + chunk.length);
    both.set(end);
    both.set(chunk, end.length);
    end = both.slice(-END_BYTES);
  }
  return { text: new TextDecoder().decode(end) };
}
