import assert from "node:assert/strict";
import { reloadMosquitto } from "../../../../adapters/cli/broker_config/reload.ts";
import { inFolder } from "../../../support/folder.ts";
import { ignoresMosquitto, Mosquitto } from "../../../support/mosquitto.ts";

Deno.test("reloadMosquitto() signals nobody but a Mosquitto, and says why", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/mosquitto.pid`;
    assert.deepEqual(await reloadMosquitto(path), { reason: `there is no ${path}` });
    assert.deepEqual(await reloadMosquitto(folder), { reason: `${folder} cannot be read` });
    for (const text of ["", "-1\n", "1 2", "x"]) {
      await Deno.writeTextFile(path, text);
      assert.deepEqual(await reloadMosquitto(path), { reason: `${path} holds no process id` });
    }
    // SIGHUP would end this very process.
    await Deno.writeTextFile(path, `${Deno.pid}\n`);
    const reason = `process ${Deno.pid} of ${path} is no Mosquitto`;
    assert.deepEqual(await reloadMosquitto(path), { reason });
  });
});

Deno.test({
  name: "reloadMosquitto() has Mosquitto read its files again",
  ignore: ignoresMosquitto,
  fn: () =>
    inFolder(async (folder) => {
      const settings = [`pid_file ${folder}/mosquitto.pid`];
      await using broker = await Mosquitto.withSettings(folder, settings);
      const told = await reloadMosquitto(`${folder}/mosquitto.pid`);
      assert.deepEqual(told, { pid: broker.pid });
      await broker.says(/Reloading config/);
    }),
});
