import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { logKeyOf } from "../../../core/evidence/mod.ts";
import {
  logIdentity,
  machineDigest,
  makeDataFolder,
  operatorToken,
  verifyEd25519,
} from "../../../adapters/host/mod.ts";
import { inFolder } from "../../support/folder.ts";

const mode = (path: string): number => Deno.statSync(path).mode! & 0o777;

Deno.test("makeDataFolder() makes folders for their owner alone, and says why it cannot", async () => {
  await inFolder(async (folder) => {
    await makeDataFolder(`${folder}/a/b`);
    await makeDataFolder(`${folder}/a/b`);
    assert.deepEqual([mode(`${folder}/a`), mode(`${folder}/a/b`)], [0o700, 0o700]);
    await Deno.writeTextFile(`${folder}/file`, "");
    for (const [path, why] of [["file", "it is not a folder"], ["file/x", "a part of the path"]]) {
      await assert.rejects(
        makeDataFolder(`${folder}/${path}`),
        (error: Error) => error.message.startsWith(`Cannot use ${folder}/${path}: ${why}`),
      );
    }
  });
});

Deno.test("logIdentity() keeps its key, and refuses what is none", async () => {
  await inFolder(async (folder) => {
    const identity = await logIdentity(folder);
    const { sign: _, ...same } = await logIdentity(folder);
    const { sign: __, ...first } = identity;
    assert.deepEqual(same, first);
    assert.equal(mode(`${folder}/log.key`), 0o600);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 }).privateKey
      .export({ type: "pkcs8", format: "pem" }).toString();
    for (const text of ["", "junk", rsa]) {
      await Deno.writeTextFile(`${folder}/log.key`, text);
      await assert.rejects(logIdentity(folder), {
        message: `Cannot use ${folder}/log.key: it holds no Ed25519 private key. ` +
          "Restore it from a backup: without its key a log cannot be continued.",
      });
    }
  });
});

Deno.test("logIdentity() signs for the log, and its key is nowhere to be found", async () => {
  await inFolder(async (folder) => {
    const { sign, rawPublicKey, ...identity } = await logIdentity(folder);
    const bytes = crypto.getRandomValues(new Uint8Array(1_000));
    const signature = sign(bytes);
    assert.equal(signature.length, 64);
    assert.deepEqual(sign(bytes), signature, "the same bytes, the same signature");
    assert.equal(verifyEd25519(rawPublicKey, bytes, signature), true);
    assert.equal(logKeyOf(rawPublicKey, machineDigest.sha256).name, `otalog/${identity.log}`);
    const pem = await Deno.readTextFile(`${folder}/log.key`);
    const secret = createPrivateKey(pem).export({ format: "jwk" }).d!;
    const shown = Deno.inspect(await logIdentity(folder), { depth: 9, showHidden: true });
    assert.ok(!shown.includes(secret) && !shown.includes(pem.split("\n")[1]!), shown);
  });
});

Deno.test("verifyEd25519() takes nothing but the signature of these bytes by this key", async () => {
  await inFolder(async (folder) => {
    const { sign, rawPublicKey: key } = await logIdentity(folder);
    await Deno.remove(`${folder}/log.key`);
    const { rawPublicKey: other } = await logIdentity(folder);
    const bytes = Uint8Array.of(1, 2, 3);
    const signature = sign(bytes);
    assert.equal(verifyEd25519(key, bytes, signature), true);
    const wrong: [Uint8Array, Uint8Array, Uint8Array][] = [
      [other, bytes, signature],
      [key, Uint8Array.of(1, 2, 4), signature],
      [key, bytes, signature.map((byte, at) => at === 40 ? byte ^ 1 : byte)],
      [key, bytes, signature.subarray(0, 63)],
      [key, bytes, Uint8Array.of(...signature, 0)],
      [key, bytes, new Uint8Array()],
      [key, bytes, new Uint8Array(64)],
      [key.subarray(1), bytes, signature],
      [new Uint8Array(), bytes, signature],
      [new Uint8Array(64), bytes, signature],
    ];
    for (const [key, bytes, signature] of wrong) {
      assert.equal(verifyEd25519(key, bytes, signature), false);
    }
  });
});

Deno.test("operatorToken() takes visible characters alone, and says which token is weak", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/operator.token`;
    for (const bad of ["not all of this", "is visible\n"]) {
      await assert.rejects(operatorToken(folder, bad), {
        message: "OTALOG_OPERATOR_TOKEN must be a token of visible characters without spaces. " +
          "Without it, one is made.",
      });
    }
    assert.deepEqual(await operatorToken(folder, "fifteen-letters"), {
      token: "fifteen-letters",
      isWeak: true,
    });
    assert.deepEqual(await operatorToken(folder, "sixteen-letters!"), {
      token: "sixteen-letters!",
    });
    const { token, madeIn } = await operatorToken(folder, "");
    assert.deepEqual([token.length, madeIn, mode(path)], [40, path, 0o600]);
    assert.deepEqual(await operatorToken(folder, undefined), { token });
    await Deno.writeTextFile(path, "\n");
    await assert.rejects(operatorToken(folder, undefined), /operator\.token: it must hold a token/);
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assert.rejects(operatorToken(folder, undefined), {
      message: `Cannot use ${path}: it is a folder, not a file. ` +
        "Move it away, and a new one is made, or set OTALOG_OPERATOR_TOKEN.",
    });
  });
});
