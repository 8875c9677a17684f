import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import {
  checkpointText,
  isSignedBy,
  noteText,
  originOf,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  verifierKeyText,
} from "../../../core/evidence/mod.ts";
import type { VerifierKey } from "../../../core/evidence/mod.ts";
import { sha256 } from "../support/bench_engine.ts";

const SPKI_ED25519 = Uint8Array.fromHex("302a300506032b6570032100");

function verifies(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = Buffer.concat([SPKI_ED25519, publicKey]);
  return verify(null, bytes, createPublicKey({ key, format: "der", type: "spki" }), signature);
}

/** A key of its own, and what it makes of a text. */
function signer(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(SPKI_ED25519.length);
  const key: VerifierKey = { name, publicKey: new Uint8Array(raw) };
  const pem = createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }));
  return { key, note: (text: string) => noteText(text, key, (b) => sign(null, b, pem), sha256) };
}

const TEXT = checkpointText({ origin: originOf("ab12"), size: 7, root: "5a".repeat(32) });

Deno.test("isSignedBy() agrees with the example of golang.org/x/mod/sumdb/note", () => {
  const key = parseVerifierKey(
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    sha256,
  );
  const note = parseNote(
    "If you think cryptography is the answer to your problem,\n" +
      "then you don't know what your problem is.\n\n" +
      "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
  );
  assert.ok(key && note);
  assert.equal(isSignedBy(note, key, verifies, sha256), true);
});

Deno.test("noteText() is signed by its key, beside witnesses, and by nobody else", () => {
  const [own, witness] = [signer("otalog/ab12"), signer("witness")];
  const note = own.note(TEXT);
  const cosigned = note + witness.note(TEXT).slice(TEXT.length + 1);
  for (const text of [note, cosigned]) {
    const parsed = parseNote(text);
    assert.ok(parsed);
    assert.equal(isSignedBy(parsed, own.key, verifies, sha256), true);
    assert.equal(isSignedBy(parsed, signer("otalog/ab12").key, verifies, sha256), false);
    const edited = { ...parsed, text: TEXT.replace("7", "8") };
    assert.equal(isSignedBy(edited, own.key, verifies, sha256), false);
  }
  const key = parseVerifierKey(verifierKeyText(own.key, sha256), sha256);
  assert.deepEqual(key, own.key);
});

Deno.test("parseCheckpoint() gives back what checkpointText() made, and what may follow", () => {
  const checkpoint = { origin: "otalog/ab12", size: 7, root: "5a".repeat(32) };
  assert.deepEqual(parseCheckpoint(TEXT), checkpoint);
  assert.deepEqual(parseCheckpoint(`${TEXT}more\n`), checkpoint);
});

Deno.test("parseNote(), parseCheckpoint() and parseVerifierKey() take nothing else", () => {
  const note = signer("otalog/ab12").note(TEXT);
  const notes = [
    "",
    TEXT,
    note.slice(0, -1),
    note.replace("—", "--"),
    note.replace("— otalog", "—  otalog"),
    `${note}more\n`,
    note.replace(/=?\n$/, "!\n"),
    TEXT + "\n" + note.slice(TEXT.length + 1).repeat(101),
    `${"x\n".repeat(40_000)}${note}`,
  ];
  for (const text of notes) assert.equal(parseNote(text), undefined, text.slice(0, 200));
  const checkpoints = [
    TEXT.slice(0, -1),
    TEXT.replace("\n7\n", "\n07\n"),
    TEXT.replace("\n7\n", "\n-7\n"),
    TEXT.replace("\n7\n", "\n9999999999999999\n"),
    TEXT.replace("Wlp", "Wl "),
    `${TEXT}\n`,
    TEXT.split("\n").slice(1).join("\n"),
  ];
  for (const text of checkpoints) assert.equal(parseCheckpoint(text), undefined, text);
  const key = verifierKeyText(signer("otalog/ab12").key, sha256);
  const keys = [key.replace("ab12", "ab13"), key.slice(0, -4), `${key} `, key.replace("+", " ")];
  for (const text of keys) assert.equal(parseVerifierKey(text, sha256), undefined, text);
});
