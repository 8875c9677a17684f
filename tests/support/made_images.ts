/** Images as tools of their makers would build them, of random bytes, for tests. */
import { createHash, randomBytes } from "node:crypto";

/** Fields that a test wants otherwise. */
export interface EspOptions {
  readonly version?: string | Uint8Array;
  readonly project?: string | Uint8Array;
  readonly secureVersion?: number;
  readonly chipId?: number;
  /** Bytes of each segment; the first begins with the description of the application. */
  readonly segments?: readonly number[];
  readonly hasDigest?: boolean;
}

const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** An ESP-IDF application, as `esptool elf2image` writes it. */
export function espImage(options: EspOptions = {}): Uint8Array<ArrayBuffer> {
  const { chipId = 5, segments = [1_024, 512], hasDigest = true } = options;
  const header = new DataView(new ArrayBuffer(24));
  header.setUint8(0, 0xe9);
  header.setUint8(1, segments.length);
  header.setUint32(4, 0x4038_0000, true);
  header.setUint16(12, chipId, true);
  header.setUint8(23, Number(hasDigest));
  const [first, ...others] = segments.map((length) => segment(0x3c00_0020, length));
  first!.set(description(options), 8);
  const image = checked(new Uint8Array(header.buffer), first!, ...others);
  return hasDigest ? joined(image, sha256(image)) : image;
}

/** A program for an ESP8266. */
export function esp8266Image(
  { entry = 0x4010_f480, segments = [2_000] }: { entry?: number; segments?: number[] } = {},
): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(8));
  header.setUint8(0, 0xe9);
  header.setUint8(1, segments.length);
  header.setUint32(4, entry, true);
  return checked(
    new Uint8Array(header.buffer),
    ...segments.map((length) => segment(0x4010_f000, length)),
  );
}

/** `esp_app_desc_t` */
function description(
  { version = "1.2.3", project = "pump", secureVersion = 0 }: EspOptions,
): Uint8Array {
  const bytes = new Uint8Array(256);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xabcd_5432, true);
  view.setUint32(4, secureVersion, true);
  for (const [at, text] of [[16, version], [48, project]] as const) {
    bytes.set(typeof text === "string" ? new TextEncoder().encode(text) : text, at);
  }
  return bytes;
}

function segment(address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8 + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, address, true);
  view.setUint32(4, length, true);
  bytes.set(randomBytes(length), 8);
  return bytes;
}

/** With the checksum of the segments' data, which fills 16 bytes. */
function checked(header: Uint8Array, ...segments: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = joined(header, ...segments);
  const padding = new Uint8Array(16 - bytes.length % 16);
  const data = segments.flatMap((segment) => [...segment.subarray(8)]);
  padding[padding.length - 1] = data.reduce((sum, byte) => sum ^ byte, 0xef);
  return joined(bytes, padding);
}

/** Fields that a test wants otherwise. */
export interface McubootOptions {
  /** Major, minor, revision, build. */
  readonly version?: readonly [number, number, number, number];
  readonly headerBytes?: number;
  readonly programBytes?: number;
  /** Whether there is a protected area. */
  readonly isProtected?: boolean;
  /** Whether anything is behind the program. */
  readonly isSigned?: boolean;
}

/** An image for MCUboot, as `imgtool sign` writes it. */
export function mcubootImage(options: McubootOptions = {}): Uint8Array<ArrayBuffer> {
  const { version = [1, 2, 3, 0], headerBytes = 512, programBytes = 3_000 } = options;
  const security = options.isProtected ? area(0x6908, [0x50, Uint8Array.of(5, 0, 0, 0)]) : NOTHING;
  const header = new DataView(new ArrayBuffer(headerBytes));
  header.setUint32(0, 0x96f3_b83d, true);
  header.setUint16(8, headerBytes, true);
  header.setUint16(10, security.length, true);
  header.setUint32(12, programBytes, true);
  header.setUint8(20, version[0]);
  header.setUint8(21, version[1]);
  header.setUint16(22, version[2], true);
  header.setUint32(24, version[3], true);
  const image = joined(new Uint8Array(header.buffer), randomBytes(programBytes), security);
  if (options.isSigned === false) return image;
  const signature = area(0x6907, [0x01, randomBytes(32)], [0x10, sha256(image)], [
    0x22,
    randomBytes(70),
  ]);
  return joined(image, signature);
}

const NOTHING = new Uint8Array(0);

/** Entries of type and value. */
function area(magic: number, ...entries: readonly [number, Uint8Array][]): Uint8Array {
  const values = entries.map(([type, value]) => joined(shorts(type, value.length), value));
  const length = values.reduce((sum, value) => sum + value.length, 4);
  return joined(shorts(magic, length), ...values);
}

function shorts(...numbers: number[]): Uint8Array {
  return joined(...numbers.map((number) => Uint8Array.of(number & 0xff, number >> 8)));
}

/** The bytes one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
