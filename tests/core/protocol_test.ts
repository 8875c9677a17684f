/** Hostile and honest input at the edge of the core. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  coversMetadata,
  isClientIdOf,
  maySubscribe,
  parseJson,
  parseReport,
  parseTopic,
  publishableKind,
  requestUpgrade,
  versionName,
} from "../../core/mod.ts";
import type { ReportKind } from "../../core/mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const kinds: ReportKind[] = ["request", "progress", "verify", "status"];
const SUM = `sha256:${"0".repeat(64)}`;

const taken: [kind: ReportKind, text: string, body: object][] = [
  ["request", "", {}],
  ["request", "  ", {}],
  ["request", '{"x":1,"version":"1.0.0+a-b"}', { version: "1.0.0+a-b" }],
  ["progress", "45", { percent: 45 }],
  ["progress", "45%", { percent: 45 }],
  ["progress", ' "45 %" ', { percent: 45 }],
  ["progress", "99.5%", { percent: 99.5 }],
  ["progress", "-5%", { percent: -5 }],
  ["progress", "1000%", { percent: 1000 }],
  ["progress", "1e999", { percent: Number.MAX_VALUE }],
  ["progress", '{"received":-1e999}', { received: -Number.MAX_VALUE }],
  ["status", '{"status":"deferred","delay_seconds":0}', { status: "deferred", delay_seconds: 0 }],
  ["progress", '{"chunk":3,"total":9}', { chunk: 3, total: 9 }],
  ["verify", `{"checksum":"${SUM}","bad_chunks":[]}`, { checksum: SUM, bad_chunks: [] }],
  ["status", '{"status":"booted","version":"2"}', { status: "booted", version: "2" }],
];

for (const [kind, text, body] of taken) {
  Deno.test(`parseReport() takes ${kind} ${JSON.stringify(text)}`, () =>
    assert.deepEqual(parseReport(kind, bytes(text)), { kind, body }));
}

const malformed: [kind: ReportKind, text: string | Uint8Array][] = [
  ["request", "x"],
  ["request", "[]"],
  ["request", "null"],
  ["request", '{"version":"upgrade"}'],
  ["request", '{"version":"a.bin"}'],
  ["request", '{"product":"a\\u0000"}'],
  ["request", '{"version":".."}'],
  ["request", '{"id":"\\ud800"}'],
  ["request", '{"x":{"\\udc00":1}}'],
  ["request", '{"__proto__":{}}'],
  ["request", '{"a":{"\\u005f_proto__":1}}'],
  ["request", "[".repeat(30_000)],
  ["request", '{"a":'.repeat(40) + "1" + "}".repeat(40)],
  ["request", Uint8Array.of(0xff, 0xfe)],
  ["request", "\ufeff{}"],
  ["progress", ""],
  ["progress", "{}"],
  ["progress", "NaN"],
  ["progress", "45%%"],
  ["progress", '{"received":1,"percent":1}'],
  ["progress", '{"received":"1"}'],
  ["verify", '{"checksum":"sha256:0"}'],
  ["verify", `{"checksum":"${SUM.toUpperCase()}"}`],
  ["verify", `{"checksum":"${SUM}","bad_chunks":[-1]}`],
  ["verify", `{"checksum":"${SUM}","bad_chunks":[0.5]}`],
  ["verify", `{"checksum":"${SUM}","task_id":"../x"}`],
  ["verify", `{"checksum":"${SUM}","id":""}`],
  ["status", '{"status":"exploded"}'],
  ["status", '{"status":"deferred","delay_seconds":-1}'],
];

for (const [kind, text] of malformed) {
  Deno.test(`parseReport() refuses ${kind} ${String(text).slice(0, 40)}`, () => {
    const parsed = parseReport(kind, typeof text === "string" ? bytes(text) : text);
    assert.ok("code" in parsed && parsed.code === "malformed");
    assert.ok(parsed.reason.length > 0 && parsed.reason.length <= 200);
  });
}

Deno.test("parseReport() loses no report for what is long in it", () => {
  const long = parseReport("status", bytes(`{"status":"failed","reason":"${"é".repeat(300)}"}`));
  assert.ok(!("code" in long) && long.kind === "status");
  assert.equal(long.body.reason, "é".repeat(256));
  const all = Array.from({ length: 5_000 }, (_, n) => n);
  const many = parseReport("verify", bytes(JSON.stringify({ checksum: SUM, bad_chunks: all })));
  assert.ok(!("code" in many));
});

const reasons: [kind: ReportKind, text: string, reason: string][] = [
  ["verify", "{}", "checksum: is missing"],
  ["verify", '{"checksum":1}', "checksum: must be a string"],
  ["verify", '{"checksum":"x"}', 'checksum: must be "sha256:" and 64 lowercase hexadecimal digits'],
  ["progress", '{"received":"1"}', "received: must be a number"],
  ["request", "[]", "the payload: must be an object"],
  ["request", '{"transport":"udp"}', "transport: must be one of http, mqtt"],
  ["verify", `{"checksum":"${SUM}","attempt":0}`, "attempt: must be at least 1"],
];

for (const [kind, text, reason] of reasons) {
  Deno.test(`parseReport() says of ${kind} ${text.slice(0, 30)}: ${reason.slice(0, 40)}`, () => {
    const parsed = parseReport(kind, bytes(text));
    assert.equal("code" in parsed && parsed.reason, reason);
  });
}

Deno.test("parseReport() refuses more than 64 KiB as too_large", () => {
  const parsed = parseReport("request", new Uint8Array(65_537).fill(32));
  assert.ok("code" in parsed && parsed.code === "too_large");
  assert.ok(!("code" in parseReport("request", new Uint8Array(65_536).fill(32))));
});

Deno.test("parseReport() and parseJson() never throw (I17)", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes), fc.string().map(bytes)),
      (kind, input) => {
        parseReport(kind, input);
        parseJson(new TextDecoder().decode(input));
      },
    ),
    { numRuns: 3_000 },
  );
});

Deno.test("a device publishes its four reports on its own topics and nothing else", () => {
  for (const kind of kinds) assert.equal(publishableKind("/ota", "a", `/ota/a/${kind}`), kind);
  const foreign = [
    "/ota/b/verify",
    "/ota/a/metadata",
    "/ota/a/verify/",
    "/ota/a//verify",
    "ota/a/verify",
    "/ota/a",
    "/ota/a/",
    "/ota//verify",
    "/ota/a/__proto__",
    "/ota/a/toString",
  ];
  for (const topic of foreign) {
    assert.equal(publishableKind("/ota", "a", topic), undefined, topic);
  }
  assert.deepEqual(parseTopic("/ota", "/ota/a/chunk/request"), {
    device: "a",
    rest: "chunk/request",
  });
  assert.equal(parseTopic("/ota", "/ota/a+/verify"), undefined);
});

Deno.test("a device subscribes within its own topics; some filters make it listen", () => {
  for (const own of ["/ota/a/#", "/ota/a/+", "/ota/a/+/#", "/ota/a/metadata"]) {
    assert.ok(maySubscribe("/ota", "a", own));
    assert.ok(coversMetadata("/ota", "a", own));
  }
  assert.ok(maySubscribe("/ota", "a", "/ota/a/success"));
  assert.ok(!coversMetadata("/ota", "a", "/ota/a/success"));
  for (const other of ["#", "/ota/#", "/ota/+/x", "/ota/ab/x", "/ota/a", "/ota/a/", "$SYS/#"]) {
    assert.ok(!maySubscribe("/ota", "a", other), other);
  }
  assert.ok(isClientIdOf("a", "a") && isClientIdOf("a", "a/x"));
  for (const other of ["", "b", "ab", "A", "b/a"]) assert.ok(!isClientIdOf("a", other), other);
});

Deno.test("versions and orders are what the contract says", () => {
  for (const name of ["1", "v1.2.3-rc.1+build_7", "a".repeat(64)]) versionName.parse(name);
  for (const name of ["", "upgrade", "a.bin", "a/b", "..%2f", "a b", "a".repeat(65), "ä"]) {
    assert.equal(versionName.safeParse(name).success, false, name);
  }
  const order = requestUpgrade.parse({ device_id: "a", firmware_version: "1", checksum: SUM });
  assert.deepEqual(order, {
    device_id: "a",
    firmware_version: "1",
    checksum: SUM,
    chunk_size: 512,
    priority: "normal",
    retries: 3,
    limits: {},
    expires_in: 2_592_000,
    allow_downgrade: false,
  });
});
