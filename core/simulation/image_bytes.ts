/**
 * The bytes of simulated images: what is at a place of one image is nowhere else in it, nor there in another
 * one, so that bytes tell by themselves where they are from. All of them are views of one array.
 */
import { PART_BYTES_MAX } from "../protocol/mod.ts";

/** After so many bytes they repeat: a prime, as nobody asks at multiples of one. */
const PERIOD = 1_048_573;
/** How far the bytes of a file are shifted that holds other ones. */
const WRONG_SHIFT = 500_009;
/** So many at either end show where bytes are from. */
const TELLING = 16;

const pattern = patternOf(PERIOD + PART_BYTES_MAX);

/** The bytes [start, end) of the image; or those of a file that holds other ones. */
export function imageBytes(
  sha256: string,
  start: number,
  end: number,
  isRight: boolean = true,
): Uint8Array {
  const begin = (parseInt(sha256.slice(0, 8), 16) + start + (isRight ? 0 : WRONG_SHIFT)) % PERIOD;
  return pattern.subarray(begin, begin + end - start);
}

/** What bytes are that are said to be those of the image from there on; `undefined`: of something else. */
export function lookAt(
  bytes: Uint8Array,
  sha256: string,
  start: number,
): "right" | "wrong" | undefined {
  for (const [isRight, what] of [[true, "right"], [false, "wrong"]] as const) {
    if (looksLike(bytes, imageBytes(sha256, start, start + bytes.length, isRight))) return what;
  }
  return undefined;
}

/** The digest of a chunk of the image, as nobody could compute it: it says what it is of. */
export function chunkDigest(sha256: string, chunkBytes: number, nth: number): string {
  const place = [chunkBytes, nth].map((n) => n.toString(16).padStart(8, "0")).join("");
  return sha256.slice(0, 48) + place;
}

function looksLike(bytes: Uint8Array, other: Uint8Array): boolean {
  const length = bytes.length;
  for (let n = 0; n < TELLING; n++) {
    const last = length - 1 - n;
    if (n < length && (bytes[n] !== other[n] || bytes[last] !== other[last])) return false;
  }
  return true;
}

/** Bytes in no order (xorshift32), the first ones once more behind their period. */
function patternOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 0x2545f491;
  for (let n = 0; n < PERIOD; n++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[n] = state & 0xff;
  }
  bytes.copyWithin(PERIOD, 0, length - PERIOD);
  return bytes;
}
