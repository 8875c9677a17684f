/** The digest that somebody announces with an image: as header fields (RFC 9530) or in the query. */
import { toHex } from "../../core/mod.ts";
import { Refused } from "./problems.ts";

/** The algorithm that images are named by; others are for other recipients (RFC 9530 §2). */
const ALGORITHM = "sha-256";
const SHA256_BYTES = 32;

/** A dictionary of byte sequences (RFC 8941 §3.2, §3.3.5); parameters mean nothing here. */
const MEMBER = /^\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):(;[^,]*)?\s*$/;

/**
 * The announced SHA-256 of the body, hexadecimal digits; `undefined` when none is. The body has no
 * content coding here, so that both fields speak of the same bytes.
 *
 * @throws {Refused} 400 for a malformed field, 422 when the digests differ among themselves.
 */
export function announcedSha256(headers: Headers, checksum?: string): string | undefined {
  const announced = new Set(
    [
      fieldSha256(headers, "Repr-Digest"),
      fieldSha256(headers, "Content-Digest"),
      checksum && toHex(checksum),
    ].filter((digest) => digest !== undefined),
  );
  if (announced.size > 1) {
    const all = [...announced].map((digest) => `sha256:${digest}`).join(" and ");
    throw new Refused(422, `The request announces ${all}. Send the digest of the image alone.`);
  }
  return [...announced][0];
}

function fieldSha256(headers: Headers, name: string): string | undefined {
  const field = headers.get(name);
  if (field === null) return undefined;
  let digest: Uint8Array | undefined;
  for (const member of field.split(",")) {
    const [, algorithm, base64] = MEMBER.exec(member) ?? [];
    if (algorithm === undefined || base64 === undefined) throw malformed(name);
    // Of two members with one name the last one holds (RFC 8941 §4.2.2).
    if (algorithm === ALGORITHM) digest = Buffer.from(base64, "base64");
  }
  if (digest && digest.length !== SHA256_BYTES) throw malformed(name);
  return digest?.toHex();
}

function malformed(name: string): Refused {
  return new Refused(400, `The ${name} field is malformed. Send it as ${ALGORITHM}=:<base64>:.`);
}
