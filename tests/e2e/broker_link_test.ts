/** The engine behind brokers that are real: logins, sessions, whole upgrades, wills. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Aedes } from "aedes";
import { connectAsync } from "mqtt";
import type { IClientOptions, MqttClient } from "mqtt";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceOptions } from "../../adapters/device/mod.ts";
import { ignoresOpenssl } from "../support/certificates.ts";
import { inFolder } from "../support/folder.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { brokerAt, filesOf, guarded, OPEN, PASSWORD, until } from "./broker_house.ts";
import { inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";
import { withRestarts } from "./restartable.ts";

/** Runs the story beside a Mosquitto with these settings. */
function beside(
  name: string,
  story: (broker: Mosquitto) => Promise<void>,
  settings: readonly string[] = OPEN,
): void {
  Deno.test({
    name: `behind Mosquitto: ${name}`,
    ignore: ignoresMosquitto,
    fn: () =>
      inFolder(async (folder) => {
        await using broker = await Mosquitto.withSettings(folder, settings);
        await story(broker);
      }),
  });
}

/** A device that speaks through the broker by itself. */
async function clientOf(broker: Mosquitto, more: IClientOptions = {}): Promise<MqttClient> {
  const login = { clientId: "pump-7", clean: true, reconnectPeriod: 0, ...more };
  return await connectAsync(broker.url(), login);
}

const report = (client: MqttClient, kind: string, payload: object) =>
  client.publishAsync(`/ota/pump-7/${kind}`, JSON.stringify(payload), { qos: 1 });

/** A whole upgrade of a virtual device, which must succeed. */
async function upgrade(stage: Stage, order = {}): Promise<void> {
  const token = await stage.register("pump-7");
  const checksum = await stage.upload("2.0.0", randomImage(100_000));
  await soon(stage.house.ready, "ready");
  const id = await stage.order("pump-7", "2.0.0", checksum, order);
  const options: DeviceOptions = {
    id: "pump-7",
    token,
    mqttUrl: stage.house.mqttUrl,
    folder: `${stage.folder}/device`,
    version: "1.0.0",
  };
  const end = await soon(new VirtualDevice(options).run(), "the end of the upgrade");
  assert.equal(end.outcome, "succeeded");
  // The broker's word that it has the last message is a fact a moment later.
  const isTold = async () => (await stage.house.reads.device("pump-7"))!.owed.length === 0;
  await until(stage.house, isTold, "that nothing is owed");
  const task = await stage.task(id);
  assert.deepEqual([task.state, task.attempt], ["succeeded", 1]);
}

for (const [versions, name, sign] of [[[5], "5", "p5"], [[4], "3.1.1", "p2"]] as const) {
  beside(`a whole upgrade by MQTT ${name}, confirmed by "booted"`, async (broker) => {
    await inHouse(async (stage) => {
      await upgrade(stage, { completion: "booted" });
      assert.match(broker.log, new RegExp(` as otalog\\w{14}in \\(${sign}, c0, k300\\)`));
      assert.match(broker.log, new RegExp(` as otalog\\w{14}out \\(${sign}, c1, k300\\)`));
      const metadata = /otalog\w{14}out \(d0, q(\d), r0, m\d+, '\/ota\/pump-7\/success'/;
      assert.equal(metadata.exec(broker.log)?.[1], "2", "success goes by QoS 2");
    }, { broker: brokerAt(broker.ports[0]!, { versions }) });
  });
}

beside(
  "a broker that takes QoS 1 at most says so to MQTT 5, and gets no more",
  async (broker) => {
    await inHouse(async (stage) => {
      await upgrade(stage);
      assert.doesNotMatch(broker.log, /otalog\w{14}out \(d0, q2/);
    }, { broker: brokerAt(broker.ports[0]!) });
  },
  [...OPEN, "max_qos 1"],
);

Deno.test("behind a broker that speaks 3.1.1 alone the engine does so, too", async () => {
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const notes: string[] = [];
    const onNote = (note: string) => void notes.push(note);
    await inHouse(upgrade, { broker: brokerAt(port), onNote });
    assert.deepEqual(notes, []);
    await inHouse(async () => {}, { broker: brokerAt(port, { versions: [4] }), onNote });
  } finally {
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

Deno.test({
  name: "behind Mosquitto: the engine enters by password, by TLS, and by a certificate of its own",
  ignore: ignoresMosquitto || ignoresOpenssl,
  fn: () =>
    inFolder(async (folder) => {
      await using mosquitto = await guarded(folder);
      const [plain, tls, mutual] = mosquitto.ports as [number, number, number];
      await Deno.writeTextFile(`${folder}/password`, `${PASSWORD}\n`);
      const [username, ca] = ["otalog", `${folder}/ca.crt`];
      const [cert, key] = [`${folder}/client.crt`, `${folder}/client.key`];
      const doors = [
        brokerAt(plain, { username, password: PASSWORD }),
        brokerAt(plain, { username, password: PASSWORD, versions: [4] }),
        brokerAt(plain, { username, files: filesOf({ password: `${folder}/password` }) }),
        brokerAt(tls, { isTls: true, files: filesOf({ ca }) }),
        brokerAt(mutual, { isTls: true, files: filesOf({ ca, cert, key }) }),
        brokerAt(mutual, { isTls: true, files: filesOf({ ca, cert, key }), versions: [4] }),
      ];
      await Promise.all(doors.map((broker) =>
        inHouse(async ({ house }) => {
          await soon(house.ready, "ready");
          const scheme = broker.isTls ? "mqtts" : "mqtt";
          assert.equal(house.mqttUrl, `${scheme}://127.0.0.1:${broker.port}`);
        }, { broker, onNote: (note) => assert.fail(note) })
      ));
      assert.match(mosquitto.log, /as otalog\w{14}in \(p5, c0, k300, u'otalog'\)/);
    }),
});

for (const versions of [[5], [4]] as const) {
  beside(
    `MQTT ${versions}: what comes while the engine is away is taken when it is back`,
    async (broker) => {
      await withRestarts(async (engine) => {
        await soon(engine.house.ready, "ready");
        await engine.register("pump-7");
        const checksum = await engine.upload("2.0.0", randomImage(1_000));
        const id = await engine.order("pump-7", "2.0.0", checksum);
        await engine.house.close();
        const client = await clientOf(broker);
        await client.subscribeAsync("/ota/pump-7/#", { qos: 2 });
        const { promise: told, resolve } = Promise.withResolvers<void>();
        client.on("message", (topic) => topic.endsWith("/success") && resolve());
        await report(client, "progress", { received: 500 });
        await report(client, "verify", { checksum });
        await engine.reopen();
        await soon(told, "success");
        assert.equal((await engine.task(id)).state, "succeeded");
        await client.endAsync();
      }, { broker: brokerAt(broker.ports[0]!, { versions }) });
    },
  );
}

beside("a broker that forgot everything is subscribed to again", async (broker) => {
  const notes: string[] = [];
  const { promise: again, resolve: onAgain } = Promise.withResolvers<void>();
  const onNote = (note: string) => {
    notes.push(note);
    if (note === "The broker can be reached again.") onAgain();
  };
  await inHouse(async (stage) => {
    await soon(stage.house.ready, "ready");
    await stage.register("pump-7");
    await broker.end();
    await broker.start();
    await soon(again, "the link");
    assert.equal((await stage.ask("GET", "/readyz")).status, 200);
    const client = await clientOf(broker);
    await client.subscribeAsync("/ota/pump-7/#");
    const { promise: idle, resolve } = Promise.withResolvers<void>();
    client.on("message", (topic) => topic === "/ota/pump-7/idle" && resolve());
    await report(client, "request", {});
    await soon(idle, "idle");
    await client.endAsync();
  }, { broker: brokerAt(broker.ports[0]!), onNote });
  const away = `No connection to the broker 127.0.0.1:${broker.ports[0]}: it `;
  assert.equal(notes.at(-1), "The broker can be reached again.");
  assert.ok(notes.slice(0, -1).every((note) => note.startsWith(away)), notes.join("\n"));
});

beside("the will of a device pauses its download; heard again, it goes on", async (broker) => {
  await inHouse(async (stage) => {
    await soon(stage.house.ready, "ready");
    await stage.register("pump-7");
    const id = await stage.order(
      "pump-7",
      "2.0.0",
      await stage.upload("2.0.0", randomImage(1_000)),
    );
    const isAt = (state: string) => async () => (await stage.task(id)).state === state;
    const topic = "/ota/pump-7/gone";
    const client = await clientOf(broker, { will: { topic, payload: Buffer.alloc(0), qos: 1 } });
    await report(client, "progress", { received: 500 });
    await until(stage.house, isAt("downloading"), "downloading");
    client.stream.destroy();
    await until(stage.house, isAt("paused"), "paused");
    assert.equal((await stage.task(id)).reason, "gone");
    const back = await clientOf(broker);
    await report(back, "progress", { received: 600 });
    await until(stage.house, isAt("downloading"), "downloading again");
    await back.endAsync();
  }, { broker: brokerAt(broker.ports[0]!) });
});
