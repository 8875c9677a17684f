/** A virtual device whose networks change in mid-transfer: it goes on at its byte, by whichever brings it. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceEvent } from "../../adapters/device/mod.ts";
import { freePort } from "../support/free_port.ts";
import { BadNetwork } from "../support/network/bad_network.ts";
import type { Conditions } from "../support/network/conditions.ts";
import { Weather } from "../support/network/weather.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";

const SIZE = 1_000_000;
const CHUNK = 65_536;
/** Slow enough to be in the middle of something when the weather changes. */
const OPEN = { connectionBytesPerS: 500_000 };
const DEAD = { state: "dead" } as const;

interface Networks {
  readonly http: Weather;
  readonly mqtt: Weather;
}

interface Told {
  readonly end: DeviceEnd;
  /** `mqtt: HTTP: there is no answer` */
  readonly switches: readonly string[];
}

/** An upgrade in networks like these at first; `onStored` may change them, by how much is stored. */
async function upgrade(
  first: Readonly<Record<keyof Networks, Conditions>>,
  onStored: (received: number, networks: Networks) => void,
): Promise<Told> {
  const { promise, resolve } = Promise.withResolvers<Told>();
  const networks = { http: new Weather(first.http), mqtt: new Weather(first.mqtt) };
  const http = { host: "127.0.0.1", port: await freePort() };
  await using web = await BadNetwork.before(`http://127.0.0.1:${http.port}`, networks.http);
  await inHouse(async (stage) => {
    const { house, folder } = stage;
    await using broker = await BadNetwork.before(house.mqttUrl, networks.mqtt);
    const switches: string[] = [];
    const onEvent = (event: DeviceEvent) => {
      if (event.type === "switch") switches.push(`${event.transport}: ${event.reason}`);
      if (event.type === "stored") onStored(event.received, networks);
    };
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(SIZE));
    await stage.order("pump-7", "2.0.0", checksum, { chunk_size: CHUNK / 1024 });
    const device = new VirtualDevice({
      ...{ id: "pump-7", token, version: "1.0.0", folder: `${folder}/device`, onEvent },
      ...{ mqttUrl: broker.url, httpUrl: web.url },
    });
    const end = await soon(device.run(), "the end of the upgrade", 40_000);
    const stored = checksumOf(await Deno.readFile(`${folder}/device/pump-7.bin`));
    assert.deepEqual([end.outcome, end.stats.attempts, stored], ["succeeded", 1, checksum]);
    resolve({ end, switches });
  }, { http, publicUrl: web.url });
  return await promise;
}

Deno.test("a device goes on over MQTT at its byte when HTTP dies in mid-chunk", async () => {
  const { end, switches } = await upgrade({ http: OPEN, mqtt: OPEN }, (received, { http }) => {
    if (received >= 3 * CHUNK) http.become(DEAD);
  });
  assert.equal(switches[0], "mqtt: HTTP: there is no answer");
  const { bytesFetched, bytesOverMqtt, repeated } = end.stats;
  assert.ok(bytesOverMqtt >= SIZE - 5 * CHUNK, `${bytesOverMqtt}`);
  assert.deepEqual([bytesFetched, repeated], [SIZE, 0]);
});

Deno.test("a device goes on over HTTP when that comes to life as the broker dies, parts on their way", async () => {
  let parts = 0;
  const first = { http: DEAD, mqtt: OPEN };
  const { end, switches } = await upgrade(first, (_, { http, mqtt }) => {
    if (++parts !== 5) return;
    http.become(OPEN);
    mqtt.become(DEAD);
  });
  assert.match(switches[0]!, /^mqtt: HTTP: /);
  assert.match(switches[1]!, /^http: /);
  const { bytesFetched, repeated } = end.stats;
  assert.ok(bytesFetched <= SIZE + CHUNK, `${bytesFetched}`);
  assert.equal(bytesFetched, SIZE + repeated);
});
