/**
 * Bad input against a whole engine over real sockets: a clear refusal, and nothing has changed.
 *
 * Shown elsewhere: malformed reports one by one (tests/core/protocol_test.ts), reports out of range
 * or out of phase (sequence_test.ts), orders of unknown firmware or with another image's checksum,
 * cancel of an ended task, bad bodies of operators, tokens of the wrong kind on every route
 * (tests/adapters/http/operators_test.ts, reports_test.ts), wrong announced digests
 * (uploads_test.ts), chunks and ranges out of bounds (artifacts_test.ts, tests/core/range_test.ts),
 * a declared MQTT packet cut before it is held, client ids and filters (tests/adapters/mqtt/
 * broker_test.ts), a second engine on the folder and taken ports (process_test.ts).
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { talk } from "../adapters/http/talk.ts";
import { inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";
import { HttpDevice, kindsOf } from "./http_device.ts";
import { CONNACK, PUBACK, WireDevice } from "./wire_device.ts";

const PAYLOAD_MAX = 65_536;
const WRONG = `sha256:${"0".repeat(64)}`;

/** Two devices, each with a task of its own. */
interface Scene {
  readonly stage: Stage;
  readonly checksum: string;
  /** The one that misbehaves, and the other. */
  readonly [id: `pump-${number}`]: { readonly token: string; readonly task: string };
}

async function inScene(story: (scene: Scene) => Promise<void>): Promise<void> {
  await inHouse(async (stage) => {
    const checksum = await stage.upload("2.0.0", randomImage(20_000));
    const device = async (id: string) => {
      const token = await stage.register(id);
      return { token, task: await stage.order(id, "2.0.0", checksum) };
    };
    const [own, other] = [await device("pump-7"), await device("pump-8")];
    await story({ stage, checksum, "pump-7": own, "pump-8": other });
  });
}

/** Everything that an operator can see, but refusals and when devices were last there. */
async function world({ stage }: Scene): Promise<unknown> {
  const list = async (path: string) => (await stage.ask("GET", `${path}?limit=500`)).body.items;
  const rows = (await list("/events")).filter(({ type }: { type: string }) =>
    type !== "ReportRejected"
  );
  const devices = (await list("/devices")).map((device: object) => ({
    ...device,
    last_contact_at: undefined,
  }));
  return [rows, devices, await list("/tasks"), await list("/firmware"), imagesOf(stage)];
}

function imagesOf({ folder }: Stage): string[] {
  return [...Deno.readDirSync(`${folder}/data/images`)].map(({ name }) => name).sort();
}

/** Runs it and finds the world as it was. */
async function unchanged(scene: Scene, what: string, run: () => Promise<void>): Promise<void> {
  const before = await world(scene);
  await run();
  assert.deepEqual(await world(scene), before, what);
}

async function wire({ stage, "pump-7": own }: Scene): Promise<WireDevice> {
  const login = { url: stage.house.mqttUrl, id: "pump-7", token: own!.token };
  return await WireDevice.enter(login);
}

function http({ stage, "pump-7": own }: Scene): HttpDevice {
  return new HttpDevice(() => stage.house.httpUrl, "pump-7", own!.token);
}

const object = (members: string) => `{${members}}`;
const verify = (more: string) => object(`"checksum":"${WRONG}",${more}`);
const deep = (depth: number) => '{"x":'.repeat(depth) + "1" + "}".repeat(depth);

/** Reports that are malformed whatever the state is, and what their sender is told. */
const malformed: readonly [kind: string, payload: string | Uint8Array, reason: RegExp][] = [
  ["verify", "{", /JSON\. Send a JSON object\.$/],
  ["verify", "", /JSON\. Send a JSON object\.$/],
  ["status", '{"status":"failed"} {}', /JSON\. Send a JSON object\.$/],
  ["verify", "[]", /^the payload: must be an object$/],
  ["status", '"failed"', /^the payload: must be an object$/],
  ["progress", "true", /^the payload: must be an object$/],
  ["request", object('"__proto__":{"version":"2.0.0"}'), /JSON\. Send a JSON object\.$/],
  ["request", object('"x":{"\\u005f_proto__":1}'), /JSON\. Send a JSON object\.$/],
  ["request", deep(10_000), /JSON\. Send a JSON object\.$/],
  ["request", "[".repeat(PAYLOAD_MAX), /JSON\. Send a JSON object\.$/],
  ["request", Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d), /UTF-8\. Send UTF-8\.$/],
  ["request", Uint8Array.of(0xed, 0xa0, 0x80), /UTF-8\. Send UTF-8\.$/],
  ["request", object('"product":"\\ud800"'), /JSON\. Send a JSON object\.$/],
  ["progress", object('"received":"5"'), /^received: must be a number$/],
  ["progress", object('"received":null'), /^received: must be a number$/],
  ["progress", object('"received":5,"percent":5'), /^the payload: must have exactly one of/],
  ["verify", object('"checksum":["x"]'), /^checksum: must be a string$/],
  ["verify", object(`"checksum":"${"0".repeat(64)}"`), /^checksum: must be "sha256:" and 64/],
  ["verify", verify('"bad_chunks":[-1]'), /^bad_chunks\.0: must be at least 0$/],
  ["verify", verify('"bad_chunks":{"0":1}'), /^bad_chunks: must be a list$/],
  ["verify", verify('"attempt":0'), /^attempt: must be at least 1$/],
  ["verify", verify('"attempt":1.5'), /^attempt: must be an integer$/],
  ["verify", verify('"id":""'), /^id: must have at least 1 characters$/],
  ["verify", verify(`"id":"${"x".repeat(65)}"`), /^id: must have at most 64 characters$/],
  ["verify", verify('"task_id":"OTA_20230801_001/../x"'), /^task_id: must look like OTA_2023/],
  ["status", object('"status":"exploded"'), /^status: must be one of installing, rebooting/],
  ["status", object('"status":["failed"]'), /^status: must be one of installing, rebooting/],
  ["status", object('"status":"deferred","delay_seconds":-1'), /^delay_seconds: must be at least/],
  ["request", object('"transport":"ftp"'), /^transport: must be one of http, mqtt$/],
  ["request", object('"resume_from":"0"'), /^resume_from: must be a number$/],
  ["request", object('"product":"a\\u0000"'), /^product: must be 1 to 64 characters/],
];

/** What is no version (PROTOCOL, at its head), as JSON has it. */
const noVersions = [
  ...["", ".", "..", "../2.0.0", "%2e%2e%2f", "2.0.0/", "2.0.0\u0000", "2.0.0#", "2 0", "upgrade"],
  ...["x.bin", "2".repeat(65), "２.0.0", "2.0.0\u200b", "2․0․0"],
];

Deno.test("a malformed report is refused with what is wrong, over MQTT as over HTTP", async () => {
  await inScene(async (scene) => {
    await using device = await wire(scene);
    await device.hears(1);
    const versions = noVersions.flatMap((name): typeof malformed =>
      ["version", "current_version"].map((member) => [
        "request",
        JSON.stringify({ [member]: name }),
        new RegExp(`^${member}: must be 1 to 64 of A-Z a-z 0-9`),
      ])
    );
    let packet = 0;
    for (const [kind, payload, reason] of [...malformed, ...versions]) {
      await unchanged(scene, String(payload).slice(0, 80), async () => {
        const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
        device.send(device.publish(`/ota/pump-7/${kind}`, bytes, { packet: ++packet }));
        await device.acknowledged(PUBACK, packet);
        const [overMqtt] = await device.hears(1);
        const response = await http(scene).ask("POST", kind, bytes.slice());
        assert.equal(response.status, 200);
        const { messages: [overHttp, ...more] } = await response.json();
        assert.deepEqual(await device.hears(1), [overMqtt]);
        assert.deepEqual([overHttp.topic, overHttp.payload], [overMqtt!.topic, overMqtt!.payload]);
        assert.deepEqual([overHttp.topic, more], ["/ota/pump-7/rejected", []]);
        assert.equal(overHttp.payload.code, "malformed");
        assert.match(overHttp.payload.reason, reason);
      });
    }
  });
});

Deno.test("a report of 64 KiB is taken, one byte more is not", async () => {
  await inScene(async (scene) => {
    const padded = (size: number) => "{}".padEnd(size);
    await using device = await wire(scene);
    await device.hears(1);
    device.send(device.report("request", padded(PAYLOAD_MAX), { packet: 1 }));
    await device.acknowledged(PUBACK, 1);
    assert.deepEqual(kindsOf(await device.hears(1)), ["metadata"]);
    const taken = await http(scene).ask("POST", "request", padded(PAYLOAD_MAX));
    assert.deepEqual(kindsOf((await taken.json()).messages), ["metadata"]);
    await unchanged(scene, "too large", async () => {
      device.send(device.report("request", padded(PAYLOAD_MAX + 1), { packet: 2 }));
      await soon(device.closed, "the end of the connection");
      const bytes = new TextEncoder().encode(padded(PAYLOAD_MAX + 1));
      // With its length announced, and without.
      for (const body of [bytes, ReadableStream.from([bytes])]) {
        const refused = await http(scene).ask("POST", "request", body);
        const { title, detail } = await refused.json();
        assert.deepEqual([refused.status, title], [413, "Too large"]);
        assert.equal(detail, "The body is over 65536 bytes. Send less.");
      }
    });
  });
});

Deno.test("nobody comes in but a device with its own token", async () => {
  await inScene(async (scene) => {
    const { stage, "pump-7": own, "pump-8": other } = scene;
    const strangers: readonly [id: string, token: string][] = [
      ...["nobody", "pump-70", "PUMP-7", "ｐump-7", "pump-7\u0000", "..", "#", "+", ""].map((
        id,
      ): [string, string] => [id, own!.token]),
      ["pump-7", other!.token],
      ["pump-7", stage.house.operator.token],
      ["pump-7", own!.token.slice(1)],
      ["pump-7", `${own!.token}0`],
      ["pump-7", own!.token.toLowerCase()],
      ["pump-7", ""],
    ];
    for (const [id, token] of strangers) {
      await unchanged(scene, `${id} ${token}`, async () => {
        await using device = await WireDevice.open({ url: stage.house.mqttUrl, id, token });
        device.send(device.publish("/ota/pump-7/verify", JSON.stringify({ checksum: WRONG }), {
          packet: 1,
        }));
        const refused = await device.lastWord();
        assert.deepEqual([refused?.type, refused?.body[1]], [CONNACK, 5]);
        // The user name of HTTP is the whole of UTF-8, too.
        const basic = Buffer.from(`${id}:${token}`).toString("base64");
        const url = `${stage.house.httpUrl}/ota/pump-7/verify`;
        const headers = { authorization: `Basic ${basic}` };
        const body = JSON.stringify({ checksum: WRONG });
        const response = await fetch(url, { method: "POST", headers, body });
        assert.equal(response.status, 401);
        assert.match((await response.json()).detail, /^The token is not valid\. Send a valid one/);
      });
    }
  });
});

Deno.test("a PUBLISH anywhere but to a device's own reports cuts the connection", async () => {
  await inScene(async (scene) => {
    const topics = [
      ...["/ota/pump-8/verify", "/ota/pump-8/metadata", "/ota/pump-7/success", "/ota/verify"],
      ...["/ota/pump-7/../pump-8/verify", "/ota/pump-7%2f..%2fpump-8/verify", "/ota//verify"],
      ...["/ota/+/verify", "/ota/#", "/ota/pump-7/#", "/ota/pump-7/verify/", "/ota/pump-7/Verify"],
      ...[
        "ota/pump-7/verify",
        "//ota/pump-7/verify",
        "/ota/ｐump-7/verify",
        "/ota/pump-7/verify\u0000",
      ],
      ...["$SYS/broker/clients", "/ota/pump-7/__proto__", "/ota/pump-7/constructor", ""],
    ];
    const { stage: { house }, "pump-8": other } = scene;
    const login = { url: house.mqttUrl, id: "pump-8", token: other!.token };
    await using listener = await WireDevice.enter(login);
    await listener.hears(1);
    await using first = await wire(scene);
    await first.hears(1);
    const payload = JSON.stringify({ checksum: scene.checksum });
    for (const topic of topics) {
      await unchanged(scene, topic, async () => {
        await using device = await wire(scene);
        device.send(device.publish(topic, payload, { packet: 1 }));
        await soon(device.closed, "the end of the connection");
        assert.deepEqual(await listener.hears(0), []);
      });
    }
  });
});

Deno.test("the task of another device is unknown to this one, over MQTT as over HTTP", async () => {
  await inScene(async (scene) => {
    const { checksum, "pump-8": other } = scene;
    await using device = await wire(scene);
    await device.hears(1);
    const task_id = other!.task;
    const reports: readonly [kind: string, body: object][] = [
      ["progress", { task_id, received: 10 }],
      ["verify", { task_id, checksum }],
      ["status", { task_id, status: "failed" }],
    ];
    for (const [packet, [kind, body]] of reports.entries()) {
      await unchanged(scene, kind, async () => {
        device.send(device.report(kind, body, { packet: packet + 1 }));
        await device.acknowledged(PUBACK, packet + 1);
        const [rejected] = await device.hears(1) as { payload: { code: string; reason: string } }[];
        assert.equal(rejected!.payload.code, "unknown_task");
        assert.equal(rejected!.payload.reason, `This device has no task ${task_id}.`);
        assert.deepEqual((await http(scene).say(kind, body))[0]!.payload, rejected!.payload);
      });
    }
  });
});

/** As they stand in a request line: no client tidies them up on the way. */
const noNames = [
  ...["%2e%2e%2f", "..%2f..%2fetc%2fpasswd", "%00", "a%00", "%23", "%2b%20", "%2f"],
  ...[
    "a%5cb",
    "x".repeat(65),
    "%EF%BD%90ump-7",
    "pump%E2%80%907",
    "%ff",
    "%",
    "%20",
    "pump-7%0d%0a",
  ],
];

Deno.test("hostile names in a path are refused on every route", async () => {
  await inScene(async (scene) => {
    const { stage, "pump-7": own } = scene;
    const port = Number(new URL(stage.house.httpUrl).port);
    const paths = (name: string): [method: string, path: string, token: string][] => [
      ["GET", `/devices/${name}`, stage.house.operator.token],
      ["DELETE", `/devices/${name}`, stage.house.operator.token],
      ["POST", `/devices/${name}/token`, stage.house.operator.token],
      ["GET", `/devices/${name}/events`, stage.house.operator.token],
      ["GET", `/devices/${name}/explain`, stage.house.operator.token],
      ["PUT", `/firmware/${name}`, stage.house.operator.token],
      ["GET", `/firmware/${name}.bin`, stage.house.operator.token],
      ["POST", `/tasks/${name}/cancel`, stage.house.operator.token],
      ["GET", `/artifacts/${name}`, own!.token],
      ["POST", `/ota/${name}/request`, own!.token],
      ["GET", `/ota/${name}/messages?wait=0`, own!.token],
    ];
    for (const name of noNames) {
      await unchanged(scene, name, async () => {
        for (const [method, path, token] of paths(name)) {
          const answer = await ask(port, method, path, token);
          const what = `${method} ${path}: ${answer.head}`;
          assert.match(answer.head, /^HTTP\/1\.1 4(00|03|04|05|22) /, what);
          assert.match(answer.head, /content-type: application\/problem\+json/i, what);
          assert.match(JSON.parse(answer.body).detail, /^[A-Z/].*\.$/, what);
        }
      });
    }
  });
});

Deno.test("dot segments lead nowhere that the token does not", async () => {
  await inScene(async (scene) => {
    const { stage: { house }, "pump-7": own } = scene;
    const port = Number(new URL(house.httpUrl).port);
    for (const up of ["..", "%2e%2e", ".%2E"]) {
      await unchanged(scene, up, async () => {
        const asked: readonly [method: string, path: string][] = [
          ["POST", `/ota/pump-7/${up}/pump-8/request`],
          ["GET", `/ota/pump-7/${up}/pump-8/messages?wait=0`],
          ["GET", `/ota/pump-7/${up}/${up}/devices`],
          ["DELETE", `/ota/pump-7/${up}/${up}/devices/pump-8`],
        ];
        for (const [method, path] of asked) {
          const { head } = await ask(port, method, path, own!.token);
          assert.match(head, /^HTTP\/1\.1 403 /, `${method} ${path}`);
        }
      });
    }
  });
});

/** The path goes out as it is given. A body of one byte is an image, or no JSON. */
async function ask(port: number, method: string, path: string, token: string) {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    ...["Host: x", "Connection: close", `Authorization: Bearer ${token}`],
    ...(method === "PUT" ? ["Content-Length: 1"] : []),
  ];
  const text = await talk(port, `${lines.join("\r\n")}\r\n\r\n${method === "PUT" ? "x" : ""}`);
  const end = text.indexOf("\r\n\r\n");
  return { head: text.slice(0, end), body: text.slice(end + 4) };
}

Deno.test("names that a URL cannot show are refused in bodies", async () => {
  await inScene(async (scene) => {
    const { stage, checksum } = scene;
    const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum };
    for (const name of noVersions) {
      await unchanged(scene, name, async () => {
        const version = await stage.ask("POST", "/firmware/upgrade", {
          ...order,
          firmware_version: name,
        });
        assert.deepEqual([version.status, version.body.errors[0].path], [422, "firmware_version"]);
        assert.match(version.body.errors[0].message, /^must be 1 to 64 of A-Z a-z 0-9 \. _ \+ -/);
        if (name === "upgrade" || name === "x.bin") return;
        for (const path of ["/devices", "/firmware/upgrade"]) {
          const { status, body } = await stage.ask(
            "POST",
            path,
            path === "/devices" ? { device_id: name } : { ...order, device_id: name },
          );
          assert.deepEqual([status, body.errors[0].path], [422, "device_id"], name);
          assert.match(body.errors[0].message, /^must be 1 to 64 of A-Z a-z 0-9 \. _ -/);
        }
      });
    }
  });
});

Deno.test("an upload that ends before its announced length leaves nothing", async () => {
  await inScene(async (scene) => {
    const { stage } = scene;
    const { port } = new URL(stage.house.httpUrl);
    const head = [
      "PUT /firmware/3.0.0 HTTP/1.1",
      ...["Host: x", `Authorization: Bearer ${stage.house.operator.token}`],
      ...["Content-Length: 1000000", "", ""],
    ].join("\r\n");
    for (const ends of ["end", "destroy"] as const) {
      await unchanged(scene, ends, async () => {
        const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
        const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
        await new Promise<void>((resolve) =>
          socket.write(Buffer.concat([Buffer.from(head), randomImage(300_000)]), () => resolve())
        );
        await until("the bytes", () => hasUnfinished(stage));
        socket.resume()[ends]();
        await soon(closed, "the end of the connection");
        await until("an empty folder", () => !hasUnfinished(stage));
      });
    }
  });
});

function hasUnfinished(stage: Stage): boolean {
  return imagesOf(stage).length > 1;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < end, `never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
