/** Messages to devices by way of a broker: how many at once, and which of them are delivered. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { problem } from "../../../../core/mod.ts";
import type { OutboundMessage } from "../../../../core/engine/mod.ts";
import type { Line } from "../../../../adapters/mqtt/external/line.ts";
import { Outlet } from "../../../../adapters/mqtt/external/outlet.ts";
import { Recorder } from "../embedded/recorder.ts";

interface Sent {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  /** The broker confirms it, or says why not. */
  done(error?: Error, messageId?: number): void;
}

/** A line that keeps what is published until a test confirms it. */
class PaperLine extends EventEmitter {
  readonly sent: Sent[] = [];
  readonly options: { protocolVersion: number };
  readonly connack: object;
  readonly client = this;

  constructor(properties: object = {}, protocolVersion = 5) {
    super();
    this.options = { protocolVersion };
    this.connack = { properties };
  }

  publish(topic: string, payload: string, { qos }: { qos: number }, call: CallableFunction): void {
    const done = (error?: Error, messageId?: number) => void call(error, { messageId });
    this.sent.push({ topic, payload, qos, done });
  }
}

function outletOn(line: PaperLine): { outlet: Outlet; engine: Recorder } {
  const engine = new Recorder();
  const outlet = new Outlet({ engine, prefix: "/ota" });
  outlet.open(line as unknown as Line);
  return { outlet, engine };
}

const TASK = "OTA_20230801_001";
const owed = { task: TASK, kind: "success", attempt: 3 } as const;
const success: OutboundMessage = {
  device: "a",
  message: { kind: "success", payload: { task_id: TASK, version: "2" } },
  owed,
};
const idle = (n: number): OutboundMessage => ({
  device: `d${n}`,
  message: { kind: "idle", payload: { ask_again_seconds: n } },
});
const delivered = { kind: "delivered", device: "a", task: TASK, message: "success", attempt: 3 };

/** What the library makes of a reason code of the broker. */
function refusal(message: string, code: number): Error {
  return Object.assign(new Error(message), { code });
}

function sendMany(outlet: Outlet, count: number): void {
  for (let n = 0; n < count; n++) outlet.send(idle(n));
}

Deno.test("Outlet publishes on the device's topic, with the QoS of the message or the broker's best", () => {
  const cases = [[{}, [1, 2]], [{ maximumQoS: 1 }, [1, 1]], [{ maximumQoS: 0 }, [0, 0]]] as const;
  for (const [properties, expected] of cases) {
    const line = new PaperLine(properties);
    const { outlet } = outletOn(line);
    outlet.send(idle(60));
    outlet.send(success);
    assert.deepEqual(line.sent.map(({ topic }) => topic), ["/ota/d60/idle", "/ota/a/success"]);
    assert.deepEqual(line.sent.map(({ qos }) => qos), expected);
    assert.deepEqual(JSON.parse(line.sent[1]!.payload), { task_id: TASK, version: "2" });
  }
});

Deno.test("Outlet has as many messages under way as the broker takes", () => {
  const cases = [
    [{ receiveMaximum: 3 }, 5, 3],
    [{ receiveMaximum: 60_000 }, 5, 512],
    [{}, 5, 512],
    [{}, 4, 64],
  ] as const;
  for (const [properties, version, window] of cases) {
    const line = new PaperLine(properties, version);
    const { outlet } = outletOn(line);
    sendMany(outlet, window + 2);
    assert.equal(line.sent.length, window);
    line.sent[1]!.done();
    line.sent[0]!.done(refusal("Quota exceeded", 0x97));
    assert.equal(line.sent.length, window + 2);
    assert.deepEqual(
      line.sent.map(({ topic }) => topic),
      Array.from({ length: window + 2 }, (_, n) => `/ota/d${n}/idle`),
    );
  }
});

Deno.test("Outlet: an owed message that the broker confirms is delivered, no other is", () => {
  const line = new PaperLine();
  const { outlet, engine } = outletOn(line);
  outlet.send(idle(1));
  outlet.send(success);
  assert.deepEqual(engine.inputs, []);
  for (const { done } of line.sent) done(undefined, 7);
  assert.deepEqual(engine.inputs, [delivered]);
  assert.equal(outlet.takeMissed(), false);
});

Deno.test("Outlet: a message that nobody is subscribed to, or that failed, is not delivered", () => {
  for (const cmd of ["puback", "pubrec", "error"]) {
    const line = new PaperLine();
    const { outlet, engine } = outletOn(line);
    outlet.send(idle(1));
    outlet.send(success);
    if (cmd !== "error") line.emit("packetreceive", { cmd, reasonCode: 16, messageId: 8 });
    line.sent[0]!.done(undefined, 7);
    assert.equal(outlet.takeMissed(), false);
    line.sent[1]!.done(cmd === "error" ? refusal("Not authorized", 0x87) : undefined, 8);
    assert.deepEqual(engine.inputs, []);
    assert.deepEqual([outlet.takeMissed(), outlet.takeMissed()], [true, false]);
    // The packet id is given to another message, which is heard.
    outlet.send(success);
    line.sent[2]!.done(undefined, 8);
    assert.deepEqual(engine.inputs, [delivered]);
  }
});

Deno.test("Outlet: a delivery that could not be written down has everybody called again", async () => {
  for (const [status, isMissed] of [[503, true], [403, false]] as const) {
    const line = new PaperLine();
    const { outlet, engine } = outletOn(line);
    engine.answer = { ok: false, problem: problem(status, "It could not.") };
    outlet.send(success);
    line.sent[0]!.done(undefined, 1);
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual([outlet.takeMissed(), outlet.takeMissed()], [isMissed, false]);
  }
});

Deno.test("Outlet: what the end of its line says of a message is no word of the broker", () => {
  const line = new PaperLine();
  const { outlet } = outletOn(line);
  const ends: string[] = [];
  outlet.send(success);
  const done = (end: string) => void ends.push(end);
  outlet.sendChunk({ device: "a", task: TASK, offset: 0, bytes: new Uint8Array(300), done });
  for (const { done } of line.sent) done(new Error("Connection closed"));
  assert.deepEqual([ends, outlet.takeMissed()], [[], false]);
  outlet.close();
  assert.deepEqual(ends, ["lost"]);
});

Deno.test("Outlet: what nobody owes and nobody hears is no reason to call anybody", () => {
  const line = new PaperLine();
  const { outlet } = outletOn(line);
  outlet.send(idle(1));
  line.emit("packetreceive", { cmd: "puback", reasonCode: 16, messageId: 8 });
  line.sent[0]!.done(undefined, 8);
  assert.equal(outlet.takeMissed(), false);
});

Deno.test("Outlet has room while 1,000 messages wait at most", async () => {
  const line = new PaperLine({ receiveMaximum: 1 });
  const { outlet } = outletOn(line);
  sendMany(outlet, 1_001);
  await outlet.room();
  outlet.send(idle(0));
  let hasRoom = false;
  const room = outlet.room().then(() => void (hasRoom = true));
  await Promise.resolve();
  assert.equal(hasRoom, false);
  line.sent[0]!.done();
  await room;
});

Deno.test("Outlet that lost messages calls everybody again when there is room", () => {
  const line = new PaperLine({ receiveMaximum: 1 });
  const { outlet, engine } = outletOn(line);
  sendMany(outlet, 10_001);
  outlet.send(success);
  assert.deepEqual(engine.events, []);
  for (let n = 0; n < 8_999; n++) line.sent[n]!.done();
  assert.deepEqual(engine.events, []);
  line.sent[8_999]!.done();
  assert.deepEqual(engine.events, ["call all"]);
  for (let n = 9_000; n < 10_001; n++) line.sent[n]!.done();
  assert.equal(line.sent.length, 10_001, "the one too many is gone");
  assert.deepEqual(engine.events, ["call all"]);
});

Deno.test("Outlet that lost courtesies calls nobody: a flood of refused reports would have all called again and again", () => {
  const line = new PaperLine({ receiveMaximum: 1 });
  const { outlet, engine } = outletOn(line);
  sendMany(outlet, 10_002);
  for (let n = 0; n < 10_001; n++) line.sent[n]!.done();
  assert.equal(line.sent.length, 10_001);
  assert.deepEqual(engine.events, []);
});

Deno.test("Outlet without a line sends nothing, keeps nothing and holds nobody up", async () => {
  const line = new PaperLine({ receiveMaximum: 1 });
  const { outlet, engine } = outletOn(line);
  sendMany(outlet, 2_000);
  const room = outlet.room();
  outlet.close();
  await room;
  outlet.send(success);
  const next = new PaperLine({ receiveMaximum: 2 });
  outlet.open(next as unknown as Line);
  assert.deepEqual(next.sent, []);
  sendMany(outlet, 3);
  // What the old line says of its own messages changes nothing any more.
  line.sent[0]!.done();
  assert.equal(next.sent.length, 2);
  assert.deepEqual(engine.inputs, []);
});
