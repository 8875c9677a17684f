/** Mosquitto, started with exactly what `broker-config` wrote: what crosses from device to device? */
import assert from "node:assert/strict";
import { DEVICE_LEVELS, ENGINE_LEVELS } from "../../core/mod.ts";
import { ignoresMosquitto } from "../support/mosquitto.ts";
import { behindMosquitto, DEVICES, ENGINE } from "./behind_mosquitto.ts";
import type { Scene } from "./behind_mosquitto.ts";
import { BrokerClient } from "./broker_client.ts";
import { soon } from "./house.ts";

/** Of bytes of an image, too, whose topics have levels of their own. */
const ENGINE_TOPICS = [...ENGINE_LEVELS, "chunk/OTA_20230801_001/65536"];

/** Names that no list has: what is not named is refused, too. */
const OTHERS = ["", "other", "request/deeper", "chunk/1"];
const EVERYTHING = [...DEVICE_LEVELS, ...ENGINE_TOPICS, ...OTHERS];

/** Filters with which somebody would listen to others. */
const GREEDY = [
  "#",
  "+/+/+/+",
  "/ota/#",
  "/ota/+/metadata",
  "/ota/pump-7/#",
  ...EVERYTHING.map((level) => `/ota/pump-7/${level}`),
  "$SYS/#",
  "$SYS/broker/clients/connected",
  "$share/all/#",
  "$share/all/ota/#",
  "$share/all//ota/+/request",
];

const HEARD_BY_ENGINE = [...DEVICE_LEVELS.map((level) => `/ota/+/${level}`), "#"];

function mosquitto(name: string, story: (scene: Scene) => Promise<void>): void {
  Deno.test({
    name: `Mosquitto: ${name}`,
    ignore: ignoresMosquitto,
    fn: () => behindMosquitto(story),
  });
}

mosquitto("a device's own topics work both ways", async ({ device, engine }) => {
  await using ours = await engine();
  await using pump = await device("pump-7");
  await ours.asks(...DEVICE_LEVELS.map((level) => `/ota/+/${level}`));
  await pump.asks("/ota/pump-7/#");
  for (const level of DEVICE_LEVELS) await pump.says(`/ota/pump-7/${level}`, level);
  for (const level of ENGINE_TOPICS) await ours.says(`/ota/pump-7/${level}`, level, { qos: 2 });
  await pump.says("/ota/pump-7/request", "end");
  await ours.says("/ota/pump-7/idle", "end");
  const all = (levels: readonly string[]) => levels.map((level) => `/ota/pump-7/${level} ${level}`);
  assert.deepEqual(await ours.hearsUntil("/ota/pump-7/request end"), all(DEVICE_LEVELS));
  assert.deepEqual(await pump.hearsUntil("/ota/pump-7/idle end"), all(ENGINE_TOPICS));
});

for (const protocolVersion of [4, 5] as const) {
  const version = protocolVersion === 4 ? "3.1.1" : "5";

  mosquitto(`MQTT ${version}: a device hears nothing but what is for it`, async (scene) => {
    const { device, engine } = scene;
    await using ours = await engine();
    await using pump = await device("pump-7");
    await using thief = await device("pump-8", { protocolVersion });
    await pump.asks("/ota/pump-7/#");
    await thief.asks(...GREEDY);
    for (const level of DEVICE_LEVELS) await pump.says(`/ota/pump-7/${level}`);
    for (const level of ENGINE_TOPICS) await ours.says(`/ota/pump-7/${level}`);
    await ours.says("/ota/pump-8/idle", "end");
    assert.deepEqual(await thief.hearsUntil("/ota/pump-8/idle end"), []);
    await ours.says("/ota/pump-7/idle", "end");
    assert.equal((await pump.hearsUntil("/ota/pump-7/idle end")).length, ENGINE_TOPICS.length);
  });

  mosquitto(
    `MQTT ${version}: nobody hears what a device says in another's place`,
    async (scene) => {
      const { device, engine } = scene;
      await using ours = await engine();
      await using pump = await device("pump-7");
      await using liar = await device("pump-8", { protocolVersion });
      await ours.asks(...HEARD_BY_ENGINE);
      await pump.asks("#", "/ota/pump-7/#");
      await liar.asks("#", "/ota/pump-8/#");
      for (const qos of [0, 1, 2] as const) {
        for (const level of EVERYTHING) await liar.says(`/ota/pump-7/${level}`, "lie", { qos });
        // What only the engine says, not even to itself.
        for (const level of ENGINE_TOPICS) await liar.says(`/ota/pump-8/${level}`, "lie", { qos });
        for (const level of DEVICE_LEVELS) await liar.says(`/ota/otalog/${level}`, "lie", { qos });
        for (const topic of ["request", "/ota", "ota/pump-8/request", "$SYS/broker/uptime"]) {
          await liar.says(topic, "lie", { qos });
        }
      }
      await liar.says("/ota/pump-8/request", "end");
      assert.deepEqual(await ours.hearsUntil("/ota/pump-8/request end"), []);
      for (const [client, id] of [[pump, "pump-7"], [liar, "pump-8"]] as const) {
        await ours.says(`/ota/${id}/idle`, "end");
        assert.deepEqual(await client.hearsUntil(`/ota/${id}/idle end`), []);
      }
    },
  );

  mosquitto(`MQTT ${version}: a will on a foreign topic is heard by nobody`, async (scene) => {
    const { device, engine, broker } = scene;
    await using ours = await engine();
    await using pump = await device("pump-7");
    await ours.asks(...HEARD_BY_ENGINE);
    await pump.asks("/ota/pump-7/#");
    const wills = [...EVERYTHING.map((level) => `/ota/pump-7/${level}`), "/ota/pump-8/metadata"];
    for (const topic of [...wills, "/ota/pump-8/gone"]) {
      const from = broker.log.length;
      const will = { topic, payload: Buffer.from("will"), qos: 1 as const };
      const entered = device("pump-8", { protocolVersion, will });
      await using dying = await entered.catch(() => undefined);
      if (!dying) continue;
      await dying.cut();
      await broker.says(/Client pump-8 (closed its connection|disconnected)/, from);
    }
    assert.deepEqual(await ours.hearsUntil("/ota/pump-8/gone will"), []);
    await ours.says("/ota/pump-7/idle", "end");
    assert.deepEqual(await pump.hearsUntil("/ota/pump-7/idle end"), []);
  });

  mosquitto(`MQTT ${version}: nothing is retained`, async ({ device, engine }) => {
    await using pump = await device("pump-7", { protocolVersion });
    await pump.says("/ota/pump-7/request", "kept", { retain: true });
    await soon(pump.closed, "the end of the connection");
    await using ours = await engine();
    await ours.asks(...HEARD_BY_ENGINE);
    const will = { topic: "/ota/pump-7/gone", payload: Buffer.from("x"), retain: true };
    await assert.rejects(device("pump-7", { protocolVersion, will }));
    await using again = await device("pump-7");
    await again.says("/ota/pump-7/request", "end");
    assert.deepEqual(await ours.hearsUntil("/ota/pump-7/request end"), []);
  });
}

mosquitto(
  "the client id of another takes nothing over, and nobody enters as the engine",
  async (scene) => {
    const { device, engine, broker, tokens } = scene;
    await using ours = await engine({ clientId: "otalog-1" });
    await using pump = await device("pump-7");
    await pump.asks("/ota/pump-7/#");
    await ours.asks("/ota/+/request");
    for (const clientId of ["pump-7", "otalog-1", "otalog", ""]) {
      await using thief = await device("pump-8", { clientId });
      await thief.asks("/ota/pump-7/metadata");
      const login = BrokerClient.enter(broker.url(ENGINE), "pump-8", tokens.get("pump-8")!, {
        clientId,
      });
      await assert.rejects(login, /Not authorized/);
      await ours.says("/ota/pump-7/metadata", clientId);
      await pump.hearsUntil(`/ota/pump-7/metadata ${clientId}`);
      await pump.says("/ota/pump-7/request", clientId);
      await ours.hearsUntil(`/ota/pump-7/request ${clientId}`);
    }
    await using own = await device("pump-7");
    await soon(pump.closed, "the end of the connection");
    assert.ok(own.isConnected && ours.isConnected);
  },
);

mosquitto("who has no right password does not enter", async ({ broker, tokens, folder }) => {
  const token = tokens.get("pump-7")!;
  const secret = (await Deno.readTextFile(`${folder}/engine.password`)).trim();
  const wrong: [listener: number, user: string | undefined, password: string | undefined][] = [
    [DEVICES, "pump-7", tokens.get("pump-8")],
    [DEVICES, "pump-7", token.toLowerCase()],
    [DEVICES, "pump-7", ""],
    [DEVICES, "pump-7", undefined],
    [DEVICES, "pump-9", token],
    [DEVICES, "#", token],
    [DEVICES, undefined, undefined],
    [DEVICES, "otalog", secret],
    [ENGINE, "otalog", token],
    [ENGINE, "pump-7", token],
    [ENGINE, undefined, undefined],
  ];
  for (const [listener, username, password] of wrong) {
    const login = { username, password, clientId: "pump-7" } as { username: string };
    const entering = BrokerClient.enter(broker.url(listener), "", "", login);
    await assert.rejects(entering, /Not authorized/, `${username} at listener ${listener}`);
  }
});

mosquitto(
  "a packet that is too large cuts, one that the engine refuses itself arrives",
  async (scene) => {
    const { device, engine } = scene;
    await using ours = await engine();
    await using pump = await device("pump-7");
    await ours.asks("/ota/+/request");
    await pump.says("/ota/pump-7/request", "large".padEnd(100_000));
    await pump.says("/ota/pump-7/request", "larger".padEnd(200_000));
    await soon(pump.closed, "the end of the connection");
    await using again = await device("pump-7");
    await again.says("/ota/pump-7/request", "end");
    const heard = await ours.hearsUntil("/ota/pump-7/request end");
    assert.deepEqual(heard.map(({ length }) => length), [100_020]);
  },
);

mosquitto(
  "what is said while the engine is stopped waits, over a reload and a restart",
  async (scene) => {
    const { device, engine, broker } = scene;
    const session = { clientId: "otalog-reports", clean: false };
    {
      await using ours = await engine(session);
      await ours.asks("/ota/+/progress");
    }
    await using pump = await device("pump-7");
    const said = Array.from({ length: 3_000 }, (_, n) => `/ota/pump-7/progress ${n}`);
    await Promise.all(said.map((_, n) => pump.says("/ota/pump-7/progress", `${n}`)));
    await reload(scene);
    await broker.end("SIGTERM");
    await broker.start();
    await using again = await device("pump-7");
    await again.says("/ota/pump-7/progress", "end");
    await using ours = await engine(session);
    assert.deepEqual(await ours.hearsUntil("/ota/pump-7/progress end"), said);
  },
);

/** Lets Mosquitto read its passwords again; whose is missing is cut, which shows that it has. */
async function reload({ device, broker, folder }: Scene): Promise<void> {
  await using missing = await device("pump-8");
  const path = `${folder}/otalog.passwords`;
  const passwords = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, passwords.replace(/^pump-8:.*\n/m, ""));
  broker.signal("SIGHUP");
  await soon(missing.closed, "the end of a connection without a password");
  await Deno.writeTextFile(path, passwords);
}
