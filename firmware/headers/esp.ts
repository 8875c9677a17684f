/**
 * Images for Espressif's chips: a header, up to 16 segments, a checksum that fills 16 bytes, perhaps
 * a SHA-256 of all of that, perhaps a signature (esptool, "Firmware Image Format"; ESP-IDF, "App
 * Image Format"). Those of ESP-IDF begin their first segment with a description of the application.
 */
import { chipName } from "./chips.ts";
import { textAt, viewOf } from "./fields.ts";
import type { FoundHeader, HeaderSource } from "./image_header.ts";

const MAGIC = 0xe9;
const SEGMENTS_MAX = 16;
/** Of the header of a segment: its address and its length. */
const SEGMENT_HEADER_BYTES = 8;
const ALIGNMENT = 16;
const DIGEST_BYTES = 32;

/** Of the header, and where the description begins behind that of the first segment. */
const HEADER_BYTES = 24;
const DESCRIPTION = HEADER_BYTES + SEGMENT_HEADER_BYTES;
const DESCRIPTION_BYTES = 256;
const DESCRIPTION_MAGIC = 0xabcd5432;
/** As much is looked at of the begin of an image. */
export const ESP_HEAD_BYTES = DESCRIPTION + DESCRIPTION_BYTES;

/** An ESP8266 has a shorter header; its programs begin in its RAM or in mapped flash. */
const ESP8266_HEADER_BYTES = 8;
const ESP8266_ENTRIES = [0x4010, 0x4020];
/** A boot loader fills the sector before the program. */
const ESP8266_SKETCH = 0x1000;

/** Reads the header; `undefined`: it is none. `head`: the first {@link ESP_HEAD_BYTES} bytes. */
export async function readEsp(
  bytes: HeaderSource,
  head: DataView,
): Promise<FoundHeader | undefined> {
  if (head.getUint8(0) !== MAGIC) return undefined;
  return head.getUint32(DESCRIPTION, true) === DESCRIPTION_MAGIC
    ? await readApplication(bytes, head)
    : await readEsp8266(bytes, head);
}

async function readApplication(bytes: HeaderSource, head: DataView): Promise<FoundHeader> {
  const hasDigest = head.getUint8(23) === 1;
  // Two magic words make it one for certain: segments that make no sense only hide where it ends.
  const holdsDescription = head.getUint32(HEADER_BYTES + 4, true) >= DESCRIPTION_BYTES;
  const end = holdsDescription ? await segmentsEnd(bytes, head, HEADER_BYTES) : undefined;
  const claimedSize = end === undefined ? bytes.size : end + (hasDigest ? DIGEST_BYTES : 0);
  const [version, project] = [textAt(head, DESCRIPTION + 16), textAt(head, DESCRIPTION + 48)];
  const chip = chipName(head.getUint16(12, true));
  const digest = hasDigest ? await digestBefore(bytes, claimedSize) : undefined;
  const header = {
    format: "esp",
    ...(project === undefined ? {} : { project }),
    ...(version === undefined ? {} : { version }),
    secure_version: head.getUint32(DESCRIPTION + 4, true),
    ...(chip === undefined ? {} : { chip }),
    ...(digest === undefined ? {} : { digest }),
  } as const;
  return { header, claimedSize };
}

/** It has one magic byte only: all else must fit. */
async function readEsp8266(bytes: HeaderSource, head: DataView): Promise<FoundHeader | undefined> {
  if (!isEsp8266(head)) return undefined;
  const end = await segmentsEnd(bytes, head, ESP8266_HEADER_BYTES);
  if (end === undefined || end > bytes.size) return undefined;
  const claimedSize = await sketchEnd(bytes, end) ?? end;
  return { header: { format: "esp", chip: "ESP8266" }, claimedSize };
}

/** Where the program ends that comes behind a boot loader (Arduino core, `elf2bin.py`); `undefined`: none does. */
async function sketchEnd(bytes: HeaderSource, loaderEnd: number): Promise<number | undefined> {
  const at = ESP8266_SKETCH;
  if (loaderEnd > at || bytes.size < at + ESP8266_HEADER_BYTES) return undefined;
  const head = viewOf(await bytes.read(at, at + ESP8266_HEADER_BYTES));
  return isEsp8266(head) ? await segmentsEnd(bytes, head, at + ESP8266_HEADER_BYTES) : undefined;
}

function isEsp8266(head: DataView): boolean {
  return head.getUint8(0) === MAGIC && ESP8266_ENTRIES.includes(head.getUint16(6, true));
}

/**
 * Where segments and checksum end, which begin at `at`; if that is behind the end of the bytes, at the
 * earliest. `undefined`: there is no such number of segments.
 */
async function segmentsEnd(
  bytes: HeaderSource,
  head: DataView,
  at: number,
): Promise<number | undefined> {
  const count = head.getUint8(1);
  if (count === 0 || count > SEGMENTS_MAX) return undefined;
  for (let left = count; left > 0; left--) {
    const data = at + SEGMENT_HEADER_BYTES;
    if (data > bytes.size) return padded(at + left * SEGMENT_HEADER_BYTES);
    at = data + viewOf(await bytes.read(at + 4, data)).getUint32(0, true);
  }
  return padded(at);
}

/** The checksum is the last byte of the padding. */
function padded(end: number): number {
  return (Math.floor(end / ALIGNMENT) + 1) * ALIGNMENT;
}

async function digestBefore(bytes: HeaderSource, end: number): Promise<string | undefined> {
  if (end > bytes.size) return undefined;
  return (await bytes.read(end - DIGEST_BYTES, end)).toHex();
}
