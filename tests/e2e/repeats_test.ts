/**
 * What a device says twice counts once: every report, in every way that a transport or a device
 * repeats it (PROTOCOL §1, "Repeats").
 */
import assert from "node:assert/strict";
import { soon } from "./house.ts";
import { HttpDevice, kindsOf } from "./http_device.ts";
import { withRestarts } from "./restartable.ts";
import type { Restartable } from "./restartable.ts";
import { CONNACK, PUBACK, PUBCOMP, PUBREC, pubrel, WireDevice } from "./wire_device.ts";
import type { Publishing, Told } from "./wire_device.ts";

const IMAGE = new Uint8Array(100_000).fill(7);
const WRONG = `sha256:${"0".repeat(64)}`;

/** A report, what must have been said before it, and what it leads to when it is said once. */
interface Case {
  readonly name: string;
  readonly kind: string;
  readonly body: (checksum: string) => object;
  readonly before?: readonly string[];
  readonly fact: string;
  readonly answer: readonly string[];
  /** The task's attempt afterwards; above 1 it spent one. */
  readonly attempt?: number;
}

const status = (status: string, more: Partial<Case> = {}): Case => ({
  name: `status ${status}`,
  kind: "status",
  body: () => ({ status, ...(status === "booted" ? { version: "2.0.0" } : {}) }),
  fact: "StatusReported",
  answer: [],
  ...more,
});

const verify = (name: string, body: Case["body"], more: Partial<Case> = {}): Case => ({
  ...{ name: `verify ${name}`, kind: "verify", body, fact: "DigestReported" },
  ...{ answer: ["retry"], attempt: 2 },
  ...more,
});

const cases: readonly Case[] = [
  {
    name: "request with a change",
    kind: "request",
    body: () => ({ current_version: "1.0.0", chunk_bytes: 8_192 }),
    fact: "UpdateRequested",
    answer: ["metadata"],
  },
  {
    name: "progress",
    kind: "progress",
    body: () => ({ received: 50_000 }),
    fact: "ProgressReported",
    answer: [],
  },
  verify("right", (checksum) => ({ checksum }), { answer: ["verified"], attempt: 1 }),
  verify("wrong", () => ({ checksum: WRONG })),
  verify("with bad_chunks", () => ({ checksum: WRONG, bad_chunks: [3, 4] }), {
    fact: "ChunkFailed",
  }),
  status("installing", { before: ["verify"] }),
  status("rebooting", { before: ["verify", "installing"] }),
  status("booted", { before: ["verify", "installing", "rebooting"], answer: ["success"] }),
  status("failed", { answer: ["retry"], attempt: 2 }),
  status("rolled_back", { before: ["verify", "installing"], answer: ["failed"] }),
  status("deferred"),
  status("rejected", { answer: ["failed"] }),
];

/** A report as a way is given it. */
interface Report {
  readonly kind: string;
  readonly body: object;
  /** How many messages answer it. */
  readonly answers: number;
}

/** A device with a task, connected both ways. */
class Scene implements AsyncDisposable {
  readonly engine: Restartable;
  readonly id: string;
  readonly http: HttpDevice;
  readonly task: string;
  readonly #token: string;
  wire: WireDevice;

  private constructor(
    engine: Restartable,
    id: string,
    token: string,
    task: string,
    wire: WireDevice,
  ) {
    [this.engine, this.id, this.task, this.wire] = [engine, id, task, wire];
    this.#token = token;
    this.http = new HttpDevice(() => engine.house.httpUrl, id, token);
  }

  static async open(
    engine: Restartable,
    id: string,
    checksum: string,
    more = {},
  ): Promise<Scene> {
    const token = await engine.register(id);
    const order = { completion: "booted", chunk_size: 4, ...more };
    const task = await engine.order(id, "2.0.0", checksum, order);
    const wire = await WireDevice.enter({ url: engine.house.mqttUrl, id, token });
    const scene = new Scene(engine, id, token, task, wire);
    assert.deepEqual(kindsOf(await wire.hears(1)), ["metadata"]);
    return scene;
  }

  /** Says it with QoS 1 and hears the answer. */
  async publish({ kind, body, answers }: Report, how: Publishing): Promise<Told[]> {
    this.wire.send(this.wire.report(kind, body, how));
    await this.wire.acknowledged(PUBACK, how.packet);
    return await this.wire.hears(answers);
  }

  /** The same over HTTP, with an Idempotency-Key; what MQTT hears of it is put aside. */
  async post({ kind, body, answers }: Report, key: string): Promise<Told[]> {
    const messages = await this.http.say(kind, body, key);
    assert.deepEqual(kindsOf(await this.wire.hears(answers)), kindsOf(messages));
    return messages.map(({ topic, payload }) => ({ topic, payload }));
  }

  async enterAgain(): Promise<void> {
    const { id, engine } = this;
    this.wire = await WireDevice.enter({ url: engine.house.mqttUrl, id, token: this.#token });
  }

  /** What it was told and confirmed is not told again. */
  async reconnect(): Promise<void> {
    await this.wire.cut();
    await this.enterAgain();
    assert.deepEqual(await this.wire.hears(0), []);
  }

  async restart(): Promise<void> {
    await this.engine.restart();
    await this.reconnect();
  }

  /** The reports of the device that are facts. */
  async facts(): Promise<string[]> {
    const rows = await this.engine.rows(this.id);
    const own = rows.filter(({ actor }) => actor === `device:${this.id}`);
    return own.map(({ type }) => type).filter((type) => type !== "MessageDelivered");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire[Symbol.asyncDispose]();
  }
}

/** Says the report twice: the answer to the first, and to the second if that must have one. */
type Way = (scene: Scene, report: Report) => Promise<[first: Told[], again?: Told[]]>;

const named = (report: Report, id: string): Report => ({ ...report, body: { ...report.body, id } });
const both = (told: Told[]): [Told[], Told[]] => [
  told.slice(0, told.length / 2),
  told.slice(told.length / 2),
];

const ways: Readonly<Record<string, Way>> = {
  "QoS 1, with DUP on the same connection": async (scene, report) => [
    await scene.publish(report, { packet: 7 }),
    await scene.publish(report, { packet: 7, dup: true }),
  ],
  "QoS 1, with DUP right behind it": async ({ wire }, { kind, body, answers }) => {
    const [one, again] = [false, true].map((dup) => wire.report(kind, body, { packet: 7, dup }));
    wire.send(one!, again!);
    await wire.acknowledged(PUBACK, 7);
    await wire.acknowledged(PUBACK, 7);
    return both(await wire.hears(2 * answers));
  },
  "QoS 1, with DUP after a reconnect": async (scene, report) => {
    const first = await scene.publish(report, { packet: 7 });
    await scene.reconnect();
    return [first, await scene.publish(report, { packet: 7, dup: true })];
  },
  "QoS 1, with DUP after a restart of the engine": async (scene, report) => {
    const first = await scene.publish(report, { packet: 7 });
    await scene.restart();
    return [first, await scene.publish(report, { packet: 7, dup: true })];
  },
  "QoS 2, with DUP before PUBREC": async ({ wire }, { kind, body, answers }) => {
    const how = { packet: 7, qos: 2 } as const;
    wire.send(wire.report(kind, body, how), wire.report(kind, body, { ...how, dup: true }));
    await wire.acknowledged(PUBREC, 7);
    await wire.acknowledged(PUBREC, 7);
    wire.send(pubrel(7));
    await wire.acknowledged(PUBCOMP, 7);
    return both(await wire.hears(2 * answers));
  },
  "QoS 2, with DUP between PUBREC and PUBREL": async ({ wire }, { kind, body, answers }) => {
    const said: Told[][] = [];
    for (const dup of [false, true]) {
      wire.send(wire.report(kind, body, { packet: 7, qos: 2, dup }));
      await wire.acknowledged(PUBREC, 7);
      said.push(await wire.hears(answers));
    }
    wire.send(pubrel(7));
    await wire.acknowledged(PUBCOMP, 7);
    return said as [Told[], Told[]];
  },
  "QoS 2, with PUBREL twice": async ({ wire }, { kind, body, answers }) => {
    wire.send(wire.report(kind, body, { packet: 7, qos: 2 }));
    await wire.acknowledged(PUBREC, 7);
    for (let turn = 0; turn < 2; turn++) {
      wire.send(pubrel(7));
      await wire.acknowledged(PUBCOMP, 7);
    }
    return [await wire.hears(answers)];
  },
  "QoS 2, with PUBREL after a reconnect": async (scene, { kind, body, answers }) => {
    scene.wire.send(scene.wire.report(kind, body, { packet: 7, qos: 2 }));
    await scene.wire.acknowledged(PUBREC, 7);
    const first = await scene.wire.hears(answers);
    await scene.reconnect();
    scene.wire.send(pubrel(7));
    await scene.wire.acknowledged(PUBCOMP, 7);
    return [first];
  },
  "QoS 2, with DUP after a reconnect": async (scene, { kind, body, answers }) => {
    const said: Told[][] = [];
    for (const dup of [false, true]) {
      if (dup) await scene.reconnect();
      scene.wire.send(scene.wire.report(kind, body, { packet: 7, qos: 2, dup }));
      await scene.wire.acknowledged(PUBREC, 7);
      said.push(await scene.wire.hears(answers));
    }
    scene.wire.send(pubrel(7));
    await scene.wire.acknowledged(PUBCOMP, 7);
    return said as [Told[], Told[]];
  },
  "a new packet with the same id": async (scene, report) => [
    await scene.publish(named(report, "x"), { packet: 7 }),
    await scene.publish(named(report, "x"), { packet: 8 }),
  ],
  "a new packet with the same id after a restart of the engine": async (scene, report) => {
    const first = await scene.publish(named(report, "x"), { packet: 7 });
    await scene.restart();
    return [first, await scene.publish(named(report, "x"), { packet: 8 })];
  },
  "HTTP, twice with one Idempotency-Key": async (scene, report) => [
    await scene.post(report, "x"),
    await scene.post(report, "x"),
  ],
  "HTTP, twice at once with one Idempotency-Key": async (scene, report) => {
    const said = await Promise.all([0, 1].map(() => scene.http.say(report.kind, report.body, "x")));
    await scene.wire.hears(2 * report.answers);
    return said.map((all) => all.map(({ topic, payload }) => ({ topic, payload }))) as [
      Told[],
      Told[],
    ];
  },
  "HTTP, twice with one Idempotency-Key across a restart": async (scene, report) => {
    const first = await scene.post(report, "x");
    await scene.restart();
    return [first, await scene.post(report, "x")];
  },
  "MQTT, then HTTP with the same id": async (scene, report) => [
    await scene.publish(named(report, "x"), { packet: 7 }),
    await scene.post(report, "x"),
  ],
  "HTTP, then MQTT with the same id": async (scene, report) => [
    await scene.post(report, "x"),
    await scene.publish(named(report, "x"), { packet: 7 }),
  ],
};

/** What is said before a report so that it fits. */
const earlier: Readonly<Record<string, (checksum: string) => Report>> = {
  verify: (checksum) => ({ kind: "verify", body: { checksum }, answers: 1 }),
  installing: () => ({ kind: "status", body: { status: "installing" }, answers: 0 }),
  rebooting: () => ({ kind: "status", body: { status: "rebooting" }, answers: 0 }),
};

async function saidTwice(scene: Scene, checksum: string, it: Case, way: Way): Promise<void> {
  for (const [index, name] of (it.before ?? []).entries()) {
    await scene.publish(earlier[name]!(checksum), { packet: index + 1 });
  }
  const before = await scene.facts();
  const report = { kind: it.kind, body: it.body(checksum), answers: it.answer.length };
  const [first, again] = await way(scene, report);
  assert.deepEqual(kindsOf(first), it.answer);
  if (again) assert.deepEqual(again, first);
  assert.deepEqual(await scene.facts(), [...before, it.fact]);
  assert.equal((await scene.engine.task(scene.task)).attempt, it.attempt ?? 1);
}

for (const [name, way] of Object.entries(ways)) {
  Deno.test(`a report that comes twice counts once: ${name}`, async (t) => {
    await withRestarts(async (engine) => {
      const checksum = await engine.upload("2.0.0", IMAGE);
      for (const [index, it] of cases.entries()) {
        await t.step(it.name, async () => {
          await using scene = await Scene.open(engine, `pump-${index}`, checksum);
          await saidTwice(scene, checksum, it, way);
        });
      }
    });
  });
}

Deno.test("a report of an attempt that is spent counts once, whatever packet it comes in", async (t) => {
  await withRestarts(async (engine) => {
    const checksum = await engine.upload("2.0.0", IMAGE);
    for (const [index, it] of cases.filter(({ attempt }) => attempt === 2).entries()) {
      await t.step(it.name, async () => {
        await using scene = await Scene.open(engine, `pump-${index}`, checksum);
        await saidTwice(scene, checksum, it, async (scene, report) => {
          const spent = { ...report, body: { ...report.body, attempt: 1 } };
          return [
            await scene.publish(spent, { packet: 7 }),
            await scene.publish(spent, { packet: 8 }),
          ];
        });
      });
    }
  });
});

Deno.test("a request that ended the task is answered with the end again", async () => {
  await withRestarts(async (engine) => {
    const checksum = await engine.upload("2.0.0", IMAGE);
    await using scene = await Scene.open(engine, "pump-7", checksum, { completion: "seen" });
    const body = { current_version: "2.0.0", id: "x" };
    const first = await scene.publish({ kind: "request", body, answers: 2 }, { packet: 7 });
    assert.deepEqual(kindsOf(first), ["success", "idle"]);
    const again = await scene.publish({ kind: "request", body, answers: 2 }, { packet: 8 });
    assert.deepEqual(again, first);
    assert.deepEqual(await scene.facts(), ["UpdateRequested"]);
  });
});

Deno.test("a wish that comes twice makes one task, also when that has ended", async () => {
  await withRestarts(async (engine) => {
    await engine.upload("2.0.0", IMAGE);
    const token = await engine.register("pump-7");
    const http = new HttpDevice(() => engine.house.httpUrl, "pump-7", token);
    const wish = () => http.say("request", { version: "2.0.0" }, "x");
    const first = await wish();
    assert.deepEqual(kindsOf(first), ["metadata"]);
    assert.deepEqual(await wish(), first);
    const cancelled = await engine.ask("POST", `/tasks/${first[0]!.payload.task_id}/cancel`);
    assert.equal(cancelled.status, 200);
    assert.deepEqual(kindsOf(await wish()), ["cancel", "idle"]);
    await engine.restart();
    assert.deepEqual(kindsOf(await wish()), ["cancel", "idle"]);
    assert.equal((await engine.ask("GET", "/tasks")).body.items.length, 1);
  });
});

for (const again of ["a cut", "a restart of the engine"]) {
  Deno.test(`reports that were not acknowledged come again in order after ${again}`, async () => {
    await withRestarts(async (engine) => {
      const checksum = await engine.upload("2.0.0", IMAGE);
      for (let acknowledged = 0; acknowledged <= 6; acknowledged += 2) {
        await using scene = await Scene.open(engine, `pump-${acknowledged}`, checksum);
        const reports: [kind: string, body: object][] = [
          ["request", { current_version: "1.0.0" }],
          ["progress", { received: 50_000 }],
          ["progress", { received: 100_000 }],
          ["verify", { checksum: WRONG }],
          ["progress", { received: 10_000 }],
          ["verify", { checksum }],
        ];
        const all = (dup: boolean) =>
          reports.map(([kind, body], i) => scene.wire.report(kind, body, { packet: i + 1, dup }));
        scene.wire.send(...all(false));
        for (let i = 1; i <= acknowledged; i++) await scene.wire.acknowledged(PUBACK, i);
        await scene.wire.cut();
        if (again !== "a cut") await engine.restart();
        await scene.enterAgain();
        scene.wire.send(...all(true));
        for (let i = 1; i <= reports.length; i++) await scene.wire.acknowledged(PUBACK, i);
        assert.deepEqual(await scene.facts(), [
          "UpdateRequested",
          "ProgressReported",
          "ProgressReported",
          "DigestReported",
          "ProgressReported",
          "DigestReported",
        ]);
        const task = await engine.task(scene.task);
        assert.deepEqual([task.state, task.attempt], ["awaiting_install", 2]);
      }
    });
  });
}

Deno.test("a will is no report: dropped on own topics, refused on any other", async () => {
  await withRestarts(async (engine) => {
    const checksum = await engine.upload("2.0.0", IMAGE);
    await using scene = await Scene.open(engine, "pump-7", checksum);
    await scene.wire.cut();
    const login = {
      url: engine.house.mqttUrl,
      id: "pump-8",
      token: await engine.register("pump-8"),
    };
    const rows = async () => [await engine.rows("pump-7"), await engine.rows("pump-8")];
    const before = await rows();
    for (const kind of ["verify", "status", "request", "lwt"]) {
      await using own = await WireDevice.open({ ...login, will: `/ota/pump-8/${kind}` });
      assert.deepEqual([...(await own.next(CONNACK)).body], [0, 0]);
    }
    for (const will of ["/ota/pump-7/verify", "/ota/pump-7/metadata", "elsewhere"]) {
      await using other = await WireDevice.open({ ...login, will });
      assert.deepEqual([...(await other.next(CONNACK)).body], [0, 5]);
      await soon(other.closed, "the end of the connection");
    }
    // What the closed connections left behind was decided before this is.
    await using later = await WireDevice.enter(login);
    assert.deepEqual(await later.hears(0), []);
    assert.deepEqual(await rows(), before);
  });
});

Deno.test("a retained message is no report and stays with nobody", async () => {
  await withRestarts(async (engine) => {
    const checksum = await engine.upload("2.0.0", IMAGE);
    await using scene = await Scene.open(engine, "pump-7", checksum);
    const login = {
      url: engine.house.mqttUrl,
      id: "pump-8",
      token: await engine.register("pump-8"),
    };
    const rows = async () => [await engine.rows("pump-7"), await engine.rows("pump-8")];
    const before = await rows();
    const digest = JSON.stringify({ checksum: WRONG });
    for (const topic of ["/ota/pump-8/verify", "/ota/pump-8/metadata", "/ota/pump-7/verify"]) {
      for (const qos of [0, 1, 2] as const) {
        await using device = await WireDevice.enter(login);
        device.send(device.publish(topic, digest, { packet: 7, qos, retain: true }));
        await soon(device.closed, "the end of the connection");
      }
    }
    await using later = await WireDevice.enter(login);
    assert.deepEqual(await later.hears(0), []);
    assert.deepEqual(await scene.wire.hears(0), []);
    assert.deepEqual(await rows(), before);
  });
});
