import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { logIdentity, makeDataFolder, operatorToken } from "../../../adapters/host/mod.ts";
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
    assert.deepEqual(await logIdentity(folder), identity);
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
