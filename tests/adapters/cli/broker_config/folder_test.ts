import assert from "node:assert/strict";
import { putFolder, putPasswords } from "../../../../adapters/cli/broker_config/folder.ts";
import { parseBrokerConfig } from "../../../../adapters/cli/broker_config/options.ts";
import { putFile } from "../../../../adapters/cli/broker_config/put_file.ts";
import { isSaltedFrom, salted } from "../../../../adapters/cli/broker_config/salted.ts";
import { makeToken } from "../../../../adapters/http/tokens.ts";
import { saltedSha512 } from "../../../../core/mod.ts";
import { ANY_SHA512 } from "../../../support/any_sha512.ts";
import { inFolder } from "../../../support/folder.ts";

const modeOf = async (path: string) => (await Deno.stat(path)).mode! & 0o777;

Deno.test("putFolder() makes everything once, and keeps what is as it should be", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/a/b`;
    const options = parseBrokerConfig(["--out", out]);
    const first = await putFolder(options);
    assert.ok([...first.values()].every((put) => put === "written"));
    const texts = () => [...first.keys()].map((name) => Deno.readTextFileSync(`${out}/${name}`));
    const before = texts();
    assert.deepEqual(new Set((await putFolder(options)).values()), new Set(["same"]));
    assert.deepEqual(texts(), before);
    assert.equal(await modeOf(`${out}/engine.password`), 0o600);
    assert.equal(await modeOf(`${out}/otalog.passwords`), 0o640);
    assert.equal(await modeOf(`${out}/otalog.engine.passwords`), 0o640);
    const secret = (await Deno.readTextFile(`${out}/engine.password`)).trim();
    const line = (await Deno.readTextFile(`${out}/otalog.engine.passwords`)).trim();
    assert.ok(line.startsWith("otalog:") && isSaltedFrom(secret, line.slice("otalog:".length)));
  });
});

Deno.test("putFolder() takes an engine's password of one's own, and one line only", async () => {
  await inFolder(async (folder) => {
    const options = parseBrokerConfig(["--out", folder]);
    await Deno.writeTextFile(`${folder}/engine.password`, "own-password\n");
    await putFolder(options);
    const line = (await Deno.readTextFile(`${folder}/otalog.engine.passwords`)).trim();
    assert.ok(isSaltedFrom("own-password", line.slice("otalog:".length)));
    for (const text of ["", "two words\n", "two\nlines\n"]) {
      await Deno.writeTextFile(`${folder}/engine.password`, text);
      await assert.rejects(
        putFolder(options),
        /engine\.password: it must hold one word\. Remove it/,
      );
    }
  });
});

Deno.test("putFolder() keeps a configuration that differs, unless a flag says what should be in it", async () => {
  await inFolder(async (folder) => {
    const conf = `${folder}/otalog.conf`;
    const put = (...args: string[]) => putFolder(parseBrokerConfig(["--out", folder, ...args]));
    await put("--devices", "127.0.0.1:2883");
    await Deno.writeTextFile(`${folder}/otalog.acl`, "old\n");
    const again = await put("--watch");
    assert.equal(again.get("otalog.conf"), "differs");
    assert.equal(again.get("otalog.acl"), "written");
    assert.match(await Deno.readTextFile(conf), /^listener 2883 127\.0\.0\.1$/m);
    assert.equal((await put("--devices=127.0.0.1:3883")).get("otalog.conf"), "written");
    assert.match(await Deno.readTextFile(conf), /^listener 3883 127\.0\.0\.1$/m);
  });
});

Deno.test("putPasswords() writes a line for each device, sorted, and only when one differs", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/otalog.passwords`;
    const entries = new Map([["pump-8", ANY_SHA512], ["Pump-7", ANY_SHA512]]);
    assert.equal(await putPasswords(folder, entries), true);
    assert.equal(await Deno.readTextFile(path), `Pump-7:${ANY_SHA512}\npump-8:${ANY_SHA512}\n`);
    const { ino } = await Deno.stat(path);
    assert.equal(await putPasswords(folder, entries), false);
    assert.equal((await Deno.stat(path)).ino, ino);
  });
});

Deno.test("putFile() keeps owner and mode of a file that is there, and leaves nothing beside it", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/file`;
    await putFile(path, "one", 0o640);
    await Deno.chmod(path, 0o604);
    // Only root may give files away.
    const owner = Deno.uid() === 0 ? 12_345 : Deno.uid()!;
    await Deno.chown(path, owner, Deno.gid());
    assert.equal(await putFile(path, "two", 0o640), true);
    assert.equal(await Deno.readTextFile(path), "two");
    assert.equal(await modeOf(path), 0o604);
    assert.equal((await Deno.stat(path)).uid, owner);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["file"]);
  });
});

Deno.test("putFile() says which file cannot be used", async () => {
  await inFolder(async (folder) => {
    await assert.rejects(
      putFile(`${folder}/none/file`, "", 0o600),
      /^Error: Cannot use .*none\/file: /,
    );
    await assert.rejects(putFile(folder, "", 0o600), /^Error: Cannot use .*: /);
  });
});

Deno.test("salted() and makeToken() make entries of their own, which name no password", () => {
  const [one, two] = [salted("secret"), salted("secret")];
  assert.notEqual(one, two);
  assert.ok(isSaltedFrom("secret", one) && isSaltedFrom("secret", two));
  assert.ok(!isSaltedFrom("Secret", one) && !isSaltedFrom("secret", "secret"));
  const { token, tokenSha512 } = makeToken();
  assert.ok(saltedSha512.safeParse(tokenSha512).success);
  assert.ok(isSaltedFrom(token, tokenSha512));
});

Deno.test("putFile() writes through nothing that somebody else laid where it writes first", async () => {
  await inFolder(async (folder) => {
    const [path, victim] = [`${folder}/engine.password`, `${folder}/victim`];
    await Deno.writeTextFile(victim, "theirs\n");
    const temp = `${path}.${Deno.pid}.new`;
    await Deno.symlink(victim, temp);
    await putFile(path, "secret\n", 0o600);
    assert.equal(await Deno.readTextFile(victim), "theirs\n");
    assert.equal(await Deno.readTextFile(path), "secret\n");
    await Deno.writeTextFile(temp, "", { mode: 0o666 });
    using spy = await Deno.open(temp);
    await putFile(path, "another\n", 0o600);
    assert.equal(await spy.read(new Uint8Array(9)), null, "whoever opened it before reads nothing");
    assert.equal(await Deno.readTextFile(path), "another\n");
    assert.equal(await modeOf(path), 0o600);
  });
});
