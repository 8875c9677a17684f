/** How often a connection is asked whether it lives, and what follows from the answers. */
import assert from "node:assert/strict";
import { soon } from "../../../e2e/house.ts";
import { Line } from "../../../../adapters/mqtt/external/line.ts";
import { PathMeter } from "../../../../adapters/mqtt/external/path_meter.ts";
import { PINGREQ, RawBroker } from "./raw_broker.ts";
import type { Manners } from "./raw_broker.ts";

/** A path that is asked before long. */
class Meter extends PathMeter {
  readonly seen: string[] = [];
  override get keepaliveS(): number {
    return 0.6;
  }
  override get answerMsMax(): number {
    return 30_000;
  }
  override answered(ms: number): void {
    this.seen.push(ms >= 0 && ms < 5_000 ? "answered" : `answered after ${ms} ms`);
  }
  override lost(): void {
    this.seen.push("lost");
  }
}

async function onLine(
  manners: Manners,
  story: (line: Line, meter: Meter, broker: RawBroker) => Promise<void>,
): Promise<void> {
  await using broker = await RawBroker.open(manners);
  const meter = new Meter();
  const line = await Line.open({
    broker: { host: "127.0.0.1", port: broker.port, isTls: false },
    version: 5,
    clientId: "otalog01in",
    isKept: true,
    meter,
    signal: new AbortController().signal,
    receiver: () => ({ take: () => {} }),
  });
  try {
    await story(line, meter, broker);
  } finally {
    await line.close();
  }
}

Deno.test("Line asks at the pace of the path, and measures each answer", async () => {
  await onLine({}, async (_, meter, broker) => {
    const line = await broker.line(0);
    for (let n = 0; n < 3; n++) await line.next(PINGREQ);
    assert.deepEqual(new Set(meter.seen), new Set(["answered"]));
    assert.ok(meter.seen.length >= 2);
  });
});

Deno.test("Line that is not answered in time is lost, and counts so", async () => {
  await onLine({ [PINGREQ]: () => undefined }, async (line, meter, broker) => {
    const trouble = await soon(line.gone, "the end of the line");
    assert.equal(
      trouble.message,
      `No connection to the broker 127.0.0.1:${broker.port}: no answer (to PINGREQ). ` +
        "Check address and port in --broker, and whether a firewall lies between.",
    );
    assert.deepEqual(meter.seen, ["lost"]);
    await soon((await broker.line(0)).closed, "the end of the connection");
  });
});

Deno.test("Line that is not read from is not lost: the answer may lie there", async () => {
  await onLine({}, async (line, meter, broker) => {
    const raw = await broker.line(0);
    line.wire.regulate(false);
    for (let n = 0; n < 3; n++) await soon(raw.next(PINGREQ), "a ping");
    assert.deepEqual(meter.seen, []);
    assert.equal(line.wire.destroyed, false);
    line.wire.regulate(true);
    for (let n = 0; n < 2; n++) await soon(raw.next(PINGREQ), "a ping");
    assert.deepEqual(new Set(meter.seen), new Set(["answered"]));
  });
});

Deno.test("Line that the network resets is lost; one that the broker ends is not", async () => {
  await onLine({}, async (line, meter, broker) => {
    (await broker.line(0)).socket.resetAndDestroy();
    await soon(line.gone, "the end of the line");
    assert.deepEqual(meter.seen, ["lost"]);
  });
  await onLine({}, async (line, meter, broker) => {
    (await broker.line(0)).socket.end();
    await soon(line.gone, "the end of the line");
    assert.deepEqual(meter.seen, []);
  });
});

Deno.test("PathMeter keeps what it measured, in whole milliseconds", () => {
  const meter = new PathMeter();
  assert.deepEqual([meter.keepaliveS, meter.rttMs, meter.answerMsMax], [60, null, 30_000]);
  meter.answered(20.4);
  assert.deepEqual([meter.keepaliveS, meter.rttMs, meter.answerMsMax], [90, 20, 5_000]);
  meter.lost();
  assert.deepEqual([meter.keepaliveS, meter.rttMs], [45, 20]);
});
