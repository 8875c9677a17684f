/** Fields of binary headers: little endian, texts that end with a zero byte. */
import type { HeaderSource } from "./image_header.ts";

/** The first `length` bytes of the image; zeros stand for those that it does not have. */
export async function headOf(bytes: HeaderSource, length: number): Promise<DataView> {
  const head = new Uint8Array(length);
  head.set(await bytes.read(0, Math.min(length, bytes.size)));
  return viewOf(head);
}

/** Numbers within the bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The longest text that is looked at, in bytes. */
const TEXT_BYTES = 32;
const SEEN = /^(?! )[^\p{C}\p{Zl}\p{Zp}]+(?<! )$/u;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text there; `undefined`: it is empty, or not all of it can be seen. */
export function textAt(view: DataView, offset: number): string | undefined {
  const field = new Uint8Array(view.buffer, view.byteOffset + offset, TEXT_BYTES);
  const end = field.indexOf(0);
  try {
    const text = utf8.decode(end < 0 ? field : field.subarray(0, end));
    return SEEN.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
