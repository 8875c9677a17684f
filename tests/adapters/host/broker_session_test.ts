import assert from "node:assert/strict";
import { brokerSession } from "../../../adapters/host/mod.ts";
import { inFolder } from "../../support/folder.ts";

Deno.test("brokerSession() keeps the last name, and each is another", async () => {
  await inFolder(async (folder) => {
    const session = await brokerSession(folder);
    const names = [session.name];
    for (const _ of [1, 2]) {
      await session.renew();
      names.push(session.name);
      assert.equal((await brokerSession(folder)).name, session.name);
    }
    assert.equal(new Set(names).size, 3);
    assert.equal(Deno.statSync(`${folder}/broker.session`).mode! & 0o777, 0o600);
  });
});

Deno.test("brokerSession() keeps its name where the next cannot be kept, and refuses what is none", async () => {
  await inFolder(async (folder) => {
    const session = await brokerSession(folder);
    await session.renew();
    const { name } = session;
    await Deno.mkdir(`${folder}/broker.session.new`);
    await assert.rejects(session.renew());
    assert.deepEqual([session.name, (await brokerSession(folder)).name], [name, name]);
    await Deno.writeTextFile(`${folder}/broker.session`, "junk");
    await assert.rejects(brokerSession(folder), {
      message: `Cannot use ${folder}/broker.session: it holds no name of a session. ` +
        "Move it away: then reports that the broker sends again may count twice.",
    });
  });
});
