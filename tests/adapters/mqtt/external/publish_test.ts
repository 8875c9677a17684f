import assert from "node:assert/strict";
import fc from "fast-check";
import { PUBLISH_BYTES_KEPT, readPublish } from "../../../../adapters/mqtt/external/publish.ts";
import type { MqttVersion, Publish } from "../../../../adapters/mqtt/external/publish.ts";
import { text } from "../embedded/stage.ts";

const TOPIC = "/ota/pump-7/verify";
const read = (first: number, bytes: readonly number[], version: MqttVersion, more = 0): Publish =>
  readPublish(first, Uint8Array.from(bytes), bytes.length + more, version);
const payloadOf = ({ payload }: Publish) => payload && new TextDecoder().decode(payload);

Deno.test("readPublish() reads topic, flags, packet id and payload of both versions", () => {
  const hi = [...new TextEncoder().encode("hi")];
  for (const version of [4, 5] as const) {
    const none = version === 5 ? [0] : [];
    const plain = read(0x30, [...text(TOPIC), ...none, ...hi], version);
    assert.equal(payloadOf(plain), "hi");
    const { topic, qos, dup, retain, id } = plain;
    assert.deepEqual({ topic, qos, dup, retain, id }, {
      topic: TOPIC,
      qos: 0,
      dup: false,
      retain: false,
      id: undefined,
    });
    const kept = read(0x3b, [...text(TOPIC), 1, 2, ...none, ...hi], version);
    assert.deepEqual([kept.qos, kept.dup, kept.retain, kept.id], [1, true, true, 258]);
    assert.equal(payloadOf(kept), "hi");
    const empty = read(0x32, [...text(TOPIC), 0, 1, ...none], version);
    assert.equal(payloadOf(empty), "");
  }
});

Deno.test("readPublish() passes over properties, whatever they are", () => {
  for (const length of [1, 127, 128, 300, 20_000]) {
    const count = length < 128
      ? [length]
      : length < 16_384
      ? [length & 127 | 128, length >> 7]
      : [length & 127 | 128, length >> 7 & 127 | 128, length >> 14];
    const properties = [...count, ...Array<number>(length).fill(0x26)];
    const publish = read(0x32, [...text(TOPIC), 0, 9, ...properties, 52, 50], 5);
    assert.deepEqual([publish.topic, publish.id, payloadOf(publish)], [TOPIC, 9, "42"]);
  }
});

Deno.test("readPublish() refuses what is malformed", () => {
  const named = text(TOPIC);
  const cases: [string, number, number[], MqttVersion][] = [
    ["nothing", 0x30, [], 4],
    ["half a length", 0x30, [0], 4],
    ["a topic that ends early", 0x30, [0, 9, 65], 4],
    ["no packet id", 0x32, named, 4],
    ["half a packet id", 0x32, [...named, 0], 4],
    ["QoS 3", 0x36, [...named, 0, 1, 0], 4],
    ["no properties", 0x30, named, 5],
    ["properties that end early", 0x30, [...named, 5, 1], 5],
    ["a length of properties that never ends", 0x30, [...named, 128, 128], 5],
    ["one of five bytes", 0x30, [...named, 128, 128, 128, 128, 0], 5],
  ];
  for (const [what, first, bytes, version] of cases) {
    assert.throws(() => read(first, bytes, version), RangeError, what);
  }
});

Deno.test("readPublish() keeps a payload of 64 KiB, and none that is larger", () => {
  for (const version of [4, 5] as const) {
    const head = [...text(TOPIC), 0, 1, ...(version === 5 ? [0] : [])];
    for (const [size, isKept] of [[65_536, true], [65_537, false]] as const) {
      const body = new Uint8Array(head.length + size);
      body.set(head);
      const publish = readPublish(0x32, body, body.length, version);
      assert.equal(publish.payload?.length, isKept ? size : undefined);
      assert.deepEqual([publish.topic, publish.id], [TOPIC, 1]);
    }
    const cut = readPublish(0x32, Uint8Array.from([...head, 1, 2]), 1_000_000, version);
    assert.equal(cut.payload, undefined, "the first bytes of a large one are no payload");
    assert.deepEqual([cut.topic, cut.id], [TOPIC, 1]);
  }
  // The longest topic, an id, a byte of properties and a whole payload fit.
  assert.ok(PUBLISH_BYTES_KEPT >= 2 + 65_535 + 2 + 1 + 65_536);
});

Deno.test("readPublish() throws nothing but a RangeError, whatever comes", () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.string({ maxLength: 9 }), fc.uint8Array({ maxLength: 20 }))
      .map(([topic, rest]) => Uint8Array.from([...text(topic), ...rest])),
  );
  const version = fc.constantFrom<MqttVersion>(4, 5);
  const first = fc.integer({ min: 0x30, max: 0x3f });
  fc.assert(
    fc.property(first, body, fc.nat({ max: 200_000 }), version, (first, body, more, version) => {
      try {
        const { topic, payload, id, qos } = readPublish(first, body, body.length + more, version);
        assert.ok(qos <= 2 && (qos > 0) === (id !== undefined));
        assert.ok(topic.length <= body.length && (payload?.length ?? 0) <= body.length);
        assert.ok(more === 0 || payload === undefined);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});
