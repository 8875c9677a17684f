/** The passwords at a running Mosquitto follow the registry: who is new, renewed, revoked. */
import assert from "node:assert/strict";
import { freePort } from "../support/free_port.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { argsFor, ENGINE } from "./behind_mosquitto.ts";
import { BrokerClient } from "./broker_client.ts";
import { BrokerWatcher } from "./broker_watcher.ts";
import { soon } from "./house.ts";
import { withRestarts } from "./restartable.ts";
import { spawned } from "./task.ts";

Deno.test({
  name: "broker-config --watch: a running Mosquitto lets in who is new and cuts who is revoked",
  ignore: ignoresMosquitto,
  fn: () =>
    withRestarts(async (engine) => {
      const folder = `${engine.data}/../broker`;
      const ports = [await freePort(), await freePort()];
      const args = argsFor(folder, ports, engine.house.httpUrl, engine.data);
      const old = await engine.register("pump-7");
      await using watcher = new BrokerWatcher(args);
      const { files } = await watcher.says("files");
      assert.ok(Object.values(files).every((put) => put === "written"));
      assert.deepEqual((await watcher.says("passwords")).devices, 1);
      await using broker = await Mosquitto.withFile(`${folder}/otalog.conf`, ports);
      const enter = (id: string, token: string) => BrokerClient.enter(broker.url(), id, token);
      const written = async () => {
        const passwords = await watcher.says("passwords");
        assert.equal((await watcher.says("reload")).pid, broker.pid);
        return passwords;
      };
      await using pump = await enter("pump-7", old);
      const secret = (await Deno.readTextFile(`${folder}/engine.password`)).trim();
      await using ours = await BrokerClient.enter(broker.url(ENGINE), "otalog", secret);

      const token = await engine.register("pump-8");
      assert.deepEqual((await written()).added, ["pump-8"]);
      await using other = await soon(entered(() => enter("pump-8", token)), "pump-8 at the broker");

      const fresh = (await engine.ask("POST", "/devices/pump-7/token", { overlap: 60 })).body.token;
      assert.deepEqual((await written()).changed, ["pump-7"]);
      await soon(pump.closed, "the end of the connection with the old token");
      await assert.rejects(enter("pump-7", old), /Not authorized/);
      await using again = await enter("pump-7", fresh);

      await engine.house.close();
      assert.match(
        (await watcher.says("warning")).text,
        /^Cannot reach the engine .* waited for\.$/,
      );
      await engine.reopen();
      await watcher.says("warning");
      await engine.ask("DELETE", "/devices/pump-7");
      assert.deepEqual((await written()).removed, ["pump-7"]);
      await soon(again.closed, "the end of the revoked device's connection");
      await assert.rejects(enter("pump-7", fresh), /Not authorized/);

      // Who was not touched was not cut.
      assert.ok(other.isConnected && ours.isConnected);
      assert.deepEqual(await watcher.end("SIGTERM"), { code: 0, complained: "" });
    }),
});

/** Between the signal and its effect a login is refused as before. */
async function entered(enter: () => Promise<BrokerClient>): Promise<BrokerClient> {
  for (;;) {
    const client = await enter().catch((error) => assert.match(error.message, /Not authorized/));
    if (client) return client;
  }
}

Deno.test("broker-config --watch: changes that come together are written once", async () => {
  await withRestarts(async (engine) => {
    const folder = `${engine.data}/../broker`;
    const args = argsFor(folder, [1883, 1884], engine.house.httpUrl, engine.data);
    await using watcher = new BrokerWatcher(args);
    await watcher.says("passwords");
    const names = Array.from({ length: 100 }, (_, n) => `pump-${n}`);
    await Promise.all(names.map((name) => engine.register(name)));
    const added: string[] = [];
    let writes = 0;
    while (added.length < names.length) {
      added.push(...(await watcher.says("passwords")).added);
      writes++;
    }
    assert.deepEqual(added.sort(), names.sort());
    assert.ok(writes < 20, `${writes} writes for ${names.length} devices`);
    assert.deepEqual(await watcher.end("SIGINT"), { code: 0, complained: "" });
  });
});

Deno.test("broker-config without an engine writes what it can, and says what is missing", async () => {
  await withRestarts(async (engine) => {
    const folder = `${engine.data}/../broker`;
    const port = await freePort();
    const args = argsFor(folder, [1883, 1884], `http://127.0.0.1:${port}`, engine.data);
    const run = async () => {
      const end = spawned("broker-config", ...args).output();
      const { code, stdout, stderr } = await soon(end, "the end of broker-config");
      const text = new TextDecoder();
      return { code, said: text.decode(stdout), complained: text.decode(stderr) };
    };
    const { code, said, complained } = await run();
    assert.equal(code, 1);
    assert.match(said, /otalog\.conf: written\n[^]*mosquitto -c .*\/otalog\.conf\n/);
    assert.match(complained, /^Cannot reach the engine .*refused\..* The files are there, .*\n$/);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "engine.password",
      "otalog.acl",
      "otalog.conf",
      "otalog.engine.passwords",
      "otalog.passwords",
    ]);
    // Passwords that are there stay, as long as nobody knows better.
    await Deno.writeTextFile(`${folder}/otalog.passwords`, "pump-1:x\n");
    assert.equal((await run()).code, 1);
    assert.equal(await Deno.readTextFile(`${folder}/otalog.passwords`), "pump-1:x\n");
  });
});
