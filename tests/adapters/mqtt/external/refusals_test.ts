/** What a broker may answer instead of letting us in, and which sentence that is. */
import assert from "node:assert/strict";
import { soon } from "../../../e2e/house.ts";
import { packet } from "../embedded/stage.ts";
import { CONNECT, PINGREQ, SUBSCRIBE } from "./raw_broker.ts";
import type { Manners } from "./raw_broker.ts";
import { onLink } from "./stage.ts";

const V4 = { versions: [4] } as const;
const refuse5 = (code: number): Manners => ({ [CONNECT]: () => packet(0x20, [0, code, 0]) });
const refuse4 = (code: number): Manners => ({ [CONNECT]: () => packet(0x20, [0, code]) });
const subscribed = (code: number): Manners => ({
  [SUBSCRIBE]: (line, { body }) => {
    const granted = line.filters(body).map((filter) => filter.endsWith("/verify") ? code : 1);
    const none = line.version === 5 ? [0] : [];
    return packet(0x90, [...body.slice(0, 2), ...none, ...granted]);
  },
});

const login = "it refused the user name or the password. Check those in --broker or " +
  "--broker-password-file.";
const closed = "Look into its log. A port that wants TLS needs mqtts:// in --broker; " +
  "a client id belongs to one engine alone.";
const version = "it does not speak this version of MQTT. Choose another with --broker-mqtt.";
const hear = "Check its access rules: deno task broker-config shows those that are needed.";

const cases: readonly (readonly [what: string, Manners, typeof V4 | undefined, string])[] = [
  ["user name or password, 5", refuse5(134), undefined, login],
  ["not authorized, 5", refuse5(135), undefined, login],
  ["user name or password, 3.1.1", refuse4(4), V4, login],
  ["not authorized, 3.1.1", refuse4(5), V4, login],
  ["another version, 5", refuse5(132), undefined, version],
  ["another version, said as 3.1.1 does", refuse4(1), undefined, version],
  ["another version, 3.1.1", refuse4(1), V4, version],
  [
    "busy, 5",
    refuse5(137),
    undefined,
    `it closed the connection (Connection refused: Server busy). ${closed}`,
  ],
  [
    "unavailable, 3.1.1",
    refuse4(3),
    V4,
    `it closed the connection (Connection refused: Server unavailable). ${closed}`,
  ],
  [
    "nothing at all",
    { [CONNECT]: (line) => void line.socket.end() },
    undefined,
    `it closed the connection. ${closed}`,
  ],
  [
    "one subscription refused, 5",
    subscribed(135),
    undefined,
    `it does not let us hear the devices (Subscribe error: Not authorized). ${hear}`,
  ],
  [
    "one subscription refused, 3.1.1",
    subscribed(128),
    V4,
    `it does not let us hear the devices (Subscribe error: Unspecified error). ${hear}`,
  ],
  [
    "one subscription with QoS 0",
    subscribed(0),
    undefined,
    `it does not let us hear the devices (/ota/+/verify). ${hear}`,
  ],
];

for (const [what, manners, options, sentence] of cases) {
  Deno.test(`BrokerLink says why a broker refuses it: ${what}`, async () => {
    await onLink(
      async ({ broker, engine, link, notes, told }) => {
        await told(1);
        const address = `127.0.0.1:${broker.port}`;
        assert.deepEqual(notes, [`No connection to the broker ${address}: ${sentence}`]);
        assert.deepEqual([engine.events, link.isUp, link.connections], [[], false, 0]);
      },
      manners,
      options,
    );
  });
}

Deno.test("BrokerLink says a thing once, however often it tries", async () => {
  await onLink(async ({ broker, notes, told }) => {
    await told(1);
    await soon((await broker.line(1)).closed, "the end of another try");
    assert.equal(notes.length, 1);
  }, refuse5(135));
});

Deno.test("BrokerLink goes on with the next version where one is refused, each time anew", async () => {
  const only4 = (refusal: (line: { socket: { end(): void } }) => Uint8Array | void): Manners => ({
    [CONNECT]: (line) => line.version === 5 ? refusal(line) : packet(0x20, [0, 0]),
  });
  // Old brokers say it as they can, or nothing.
  const refusals = [
    () => packet(0x20, [0, 1]),
    () => packet(0x20, [0, 132, 0]),
    (line: { socket: { end(): void } }) => void line.socket.end(),
  ];
  await Promise.all(refusals.map((refusal) =>
    onLink(
      async ({ broker, notes, told }) => {
        await told(1);
        assert.deepEqual(notes, ["up false"]);
        const versions = [0, 1, 2].map(async (n) => (await broker.line(n)).version);
        assert.deepEqual(await Promise.all(versions), [5, 4, 4]);
        broker.manners = {};
        (await broker.line(2)).socket.destroy();
        await told(3);
        assert.equal((await broker.line(3)).version, 5, "it may have been replaced meanwhile");
      },
      only4(refusal),
      { versions: [5, 4] },
    )
  ));
});

Deno.test("BrokerLink tries no other version where a password is wrong", async () => {
  await onLink(
    async ({ broker, told }) => {
      await told(1);
      assert.equal(broker.count, 1);
    },
    refuse5(135),
    { versions: [5, 4] },
  );
});

Deno.test("BrokerLink says why a broker sent it away", async () => {
  const reasons = [[142, "another client took over our client id"], [152, "reason 152"]] as const;
  await Promise.all(reasons.map(([code, said]) =>
    onLink(async ({ broker, lines, notes, told }) => {
      const [, ear] = await lines();
      await told(1);
      ear.send(packet(0xe0, [code, 0]));
      ear.socket.end();
      await told(2);
      const address = `127.0.0.1:${broker.port}`;
      assert.equal(
        notes[1],
        `No connection to the broker ${address}: it closed the connection (${said}). ${closed}`,
      );
    })
  ));
});

Deno.test("BrokerLink asks a broker as often as it wants to be asked", async () => {
  const everySecond: Manners = { [CONNECT]: () => packet(0x20, [0, 0, 3, 19, 0, 1]) };
  await onLink(async ({ lines, told, notes }) => {
    const both = await lines();
    await told(1);
    await Promise.all(both.map((line) => line.next(PINGREQ)));
    // The answer does not make it forget.
    await Promise.all(both.map((line) => soon(line.next(PINGREQ), "the next one")));
    assert.equal(notes.length, 1);
  }, everySecond);
});
