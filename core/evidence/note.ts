/**
 * Signed notes (C2SP signed-note): a text, and lines with signatures of it, as logs and their witnesses
 * exchange them. Keys are Ed25519 (RFC 8032).
 */
import type { Sha256 } from "../log/mod.ts";

/** Whose signature, and how to check it. */
export interface VerifierKey {
  /** Without spaces and `+`. */
  readonly name: string;
  /** The raw public key, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A line below the text. */
export interface NoteSignature {
  readonly name: string;
  /** The first 4 bytes of the hash of name and key, as hexadecimal digits. */
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A note, taken apart; nothing of it is checked. */
export interface SignedNote {
  /** Lines, each with its end: what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Whether the key signed the bytes. */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** The type of Ed25519 keys and signatures in a note. */
const ED25519 = 1;
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
/** A note of an honest log is far below. */
const NOTE_CHARACTERS_MAX = 65_536;
const SIGNATURES_MAX = 100;

const encoder = new TextEncoder();

/** Which of the keys of a name it is. */
export function keyIdOf({ name, publicKey }: VerifierKey, sha256: Sha256): string {
  const named = encoder.encode(`${name}\n`);
  return sha256(joined(named, Uint8Array.of(ED25519), publicKey)).slice(0, 2 * KEY_ID_BYTES);
}

/** The key as one line, to be kept apart from the log (signed-note, "Verifier keys"). */
export function verifierKeyText(key: VerifierKey, sha256: Sha256): string {
  const typed = joined(Uint8Array.of(ED25519), key.publicKey).toBase64();
  return `${key.name}+${keyIdOf(key, sha256)}+${typed}`;
}

/** Reads such a line; `undefined`: it is none. */
export function parseVerifierKey(text: string, sha256: Sha256): VerifierKey | undefined {
  const [, name, keyId, base64] = /^([^\s+]{1,255})\+([0-9a-f]{8})\+(\S{1,100})$/.exec(text) ?? [];
  const typed = base64 === undefined ? undefined : bytesOf(base64);
  if (name === undefined || typed?.length !== 1 + PUBLIC_KEY_BYTES || typed[0] !== ED25519) {
    return undefined;
  }
  const key = { name, publicKey: typed.subarray(1) };
  return keyIdOf(key, sha256) === keyId ? key : undefined;
}

/** The note with its one signature. `text` ends with a line end and has no empty line. */
export function noteText(
  text: string,
  key: VerifierKey,
  sign: (bytes: Uint8Array) => Uint8Array,
  sha256: Sha256,
): string {
  const signature = sign(encoder.encode(text));
  const line = joined(Uint8Array.fromHex(keyIdOf(key, sha256)), signature).toBase64();
  return `${text}\n\u2014 ${key.name} ${line}\n`;
}

/** Takes a note apart; `undefined`: it is none. */
export function parseNote(note: string): SignedNote | undefined {
  const end = note.lastIndexOf("\n\n");
  if (note.length > NOTE_CHARACTERS_MAX || end < 0 || !note.endsWith("\n")) return undefined;
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) return undefined;
  const signatures = lines.flatMap((line) => parseSignature(line) ?? []);
  if (signatures.length < lines.length) return undefined;
  return { text: note.slice(0, end + 1), signatures };
}

/** Whether the key signed the text. Signatures of others, such as witnesses, do not matter. */
export function isSignedBy(
  { text, signatures }: SignedNote,
  key: VerifierKey,
  verify: VerifyEd25519,
  sha256: Sha256,
): boolean {
  const keyId = keyIdOf(key, sha256);
  const own = signatures.find((line) => line.name === key.name && line.keyId === keyId);
  return own !== undefined && verify(key.publicKey, encoder.encode(text), own.signature);
}

function parseSignature(line: string): NoteSignature | undefined {
  const [, name, base64] = /^\u2014 ([^\s+]{1,255}) (\S+)$/.exec(line) ?? [];
  const bytes = base64 === undefined ? undefined : bytesOf(base64);
  if (name === undefined || !bytes || bytes.length <= KEY_ID_BYTES) return undefined;
  const keyId = bytes.subarray(0, KEY_ID_BYTES).toHex();
  return { name, keyId, signature: bytes.subarray(KEY_ID_BYTES) };
}

/** RFC 4648 §4, with its padding and nothing else. */
function bytesOf(base64: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
    return bytes.toBase64() === base64 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
