/**
 * Images for MCUboot: a header, the program, and behind it areas of type, length and value, a
 * protected one perhaps and one with digest and signature (MCUboot, "Image format").
 */
import { viewOf } from "./fields.ts";
import type { FoundHeader, HeaderSource } from "./image_header.ts";

const MAGIC = 0x96f3b83d;
const HEADER_BYTES = 32;
const AREA_MAGIC = 0x6907;
const PROTECTED_AREA_MAGIC = 0x6908;
/** Of the header of an area, and of each entry in it. */
const ENTRY_BYTES = 4;
const SHA256_TYPE = 0x10;
const SHA256_BYTES = 32;

/** Reads the header; `undefined`: it is none. `head`: the first bytes, 32 or more. */
export async function readMcuboot(
  bytes: HeaderSource,
  head: DataView,
): Promise<FoundHeader | undefined> {
  const headerBytes = head.getUint16(8, true);
  if (head.getUint32(0, true) !== MAGIC || headerBytes < HEADER_BYTES) return undefined;
  const version = versionIn(head);
  const header = { format: "mcuboot", ...(version === undefined ? {} : { version }) } as const;
  const programEnd = headerBytes + head.getUint32(12, true);
  const protectedBytes = head.getUint16(10, true);
  const at = programEnd + protectedBytes;
  // What was never signed has nothing behind the program.
  if (at >= bytes.size) return { header, claimedSize: at };
  if (protectedBytes > 0) {
    const area = await areaAt(bytes, programEnd, PROTECTED_AREA_MAGIC);
    if (area !== protectedBytes) return undefined;
  }
  const area = await areaAt(bytes, at, AREA_MAGIC);
  if (area === undefined) return undefined;
  const claimedSize = at + area;
  if (claimedSize > bytes.size) return { header, claimedSize };
  const digest = digestIn(await bytes.read(at + ENTRY_BYTES, claimedSize));
  return { header: { ...header, ...(digest === undefined ? {} : { digest }) }, claimedSize };
}

/** `1.2.3+4`; `undefined`: nobody gave it one, and all of it is zero. */
function versionIn(head: DataView): string | undefined {
  const [major, minor, revision] = [head.getUint8(20), head.getUint8(21), head.getUint16(22, true)];
  const version = `${major}.${minor}.${revision}+${head.getUint32(24, true)}`;
  return version === "0.0.0+0" ? undefined : version;
}

/** How many bytes the area there has, of which it shows no more than its begin; `undefined`: it is none. */
async function areaAt(bytes: HeaderSource, at: number, magic: number): Promise<number | undefined> {
  // Nobody can tell what it is when its header is cut off.
  if (at + ENTRY_BYTES > bytes.size) return ENTRY_BYTES;
  const area = viewOf(await bytes.read(at, at + ENTRY_BYTES));
  const total = area.getUint16(2, true);
  return area.getUint16(0, true) === magic && total >= ENTRY_BYTES ? total : undefined;
}

function digestIn(entries: Uint8Array): string | undefined {
  const view = viewOf(entries);
  for (let at = 0; at + ENTRY_BYTES <= entries.length;) {
    const [type, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    const [start, end] = [at + ENTRY_BYTES, at + ENTRY_BYTES + length];
    if (end > entries.length) return undefined;
    if (type === SHA256_TYPE && length === SHA256_BYTES) return entries.slice(start, end).toHex();
    at = end;
  }
}
