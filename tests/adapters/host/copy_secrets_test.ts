import assert from "node:assert/strict";
import { copySecrets, logIdentity, operatorToken } from "../../../adapters/host/mod.ts";
import { inFolder } from "../../support/folder.ts";

const mode = (path: string): number => Deno.statSync(path).mode! & 0o777;
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
const whatToDo = { from: "Mend it.", to: "Make room." };

/** A data folder with its key, one for the copy, and the id of the log. */
async function withKey(
  story: (copying: Parameters<typeof copySecrets>[0]) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const [from, to] = [`${folder}/from`, `${folder}/to`];
    await Deno.mkdir(from);
    await Deno.mkdir(to);
    const { log } = await logIdentity(from);
    await story({ from, to, log, whatToDo });
  });
}

Deno.test("copySecrets() copies the key, and what else there is, for its owner alone", async () => {
  await withKey(async (copying) => {
    const { from, to } = copying;
    await copySecrets(copying);
    assert.deepEqual(namesIn(to), ["log.key"]);
    const { token } = await operatorToken(from, undefined);
    await Deno.writeTextFile(`${from}/broker.session`, "0123456789abcdef\n");
    await Deno.writeTextFile(`${from}/engine.lock`, "");
    await Deno.remove(`${to}/log.key`);
    await copySecrets(copying);
    assert.deepEqual(namesIn(to), ["broker.session", "log.key", "operator.token"]);
    for (const name of namesIn(to)) assert.equal(mode(`${to}/${name}`), 0o600, name);
    assert.equal((await logIdentity(to)).publicKey, (await logIdentity(from)).publicKey);
    assert.equal((await operatorToken(to, undefined)).token, token);
  });
});

Deno.test("copySecrets() refuses a folder without the key of its log", async () => {
  await withKey(async (copying) => {
    const path = `${copying.from}/log.key`;
    const refused = async (why: string, how = copying) =>
      await assert.rejects(
        copySecrets(how),
        new Error(`Cannot use ${path}: ${why}. Mend it.`),
      );
    await refused("it is not the key of the log", { ...copying, log: "0".repeat(32) });
    await Deno.writeTextFile(path, "junk");
    await refused("it is not the key of the log");
    await Deno.remove(path);
    await refused("it does not exist, and without its key a log cannot be continued");
    await Deno.mkdir(path);
    await refused("it is a folder, not a file");
    assert.deepEqual(namesIn(copying.to), []);
  });
});

Deno.test("copySecrets() says where it cannot write", async () => {
  await withKey(async (copying) => {
    const to = `${copying.to}/none`;
    await assert.rejects(
      copySecrets({ ...copying, to }),
      new Error(`Cannot use ${to}/log.key: it does not exist. Make room.`),
    );
  });
});
