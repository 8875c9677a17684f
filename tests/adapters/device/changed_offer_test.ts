/** The task changes in mid-transfer, at each message in turn: what is stored is always one image. */
import assert from "node:assert/strict";
import { checksumOf, randomImage } from "../../e2e/house.ts";
import { fetched } from "./byte_engine.ts";
import type { Asked, ByteEngine, Offer, Ways } from "./byte_engine.ts";

const PARTS = 10;
const CHUNK = 4_096;
/** Both images have the same size: bytes of one would fit into the other everywhere. */
const SIZE = PARTS * CHUNK - 100;

const offer = (n: number): Offer => ({ task: `OTA_20261126_00${n}`, bytes: randomImage(SIZE) });

/** How a task makes way: the device is told before the next offer, or hears the next offer first. */
const orders = ["told first", "offered first"] as const;

/** Parts of the first image that come all the same: never, at once, or among those of the second. */
const lateness = ["never", "at once", "in between"] as const;

for (const order of orders) {
  for (const late of lateness) {
    Deno.test(`a task makes way for another (${order}), and what is on its way comes ${late}`, async () => {
      for (let nth = 0; nth < PARTS; nth++) await story(order, late, nth);
    });
  }
}

async function story(
  order: (typeof orders)[number],
  late: (typeof lateness)[number],
  nth: number,
): Promise<void> {
  const [first, second] = [offer(1), offer(2)];
  const onTheirWay: Asked[] = [];
  const turn = (engine: ByteEngine) => {
    const cancel = () => engine.say("cancel", { task_id: first.task, reason: "preempted" });
    if (order === "told first") cancel();
    engine.turnTo(second);
    if (order === "offered first") cancel();
    if (late === "at once") onTheirWay.forEach((asked) => engine.give(asked));
  };
  const give: Ways["give"] = (asked, n, engine) => {
    if (n === nth) {
      onTheirWay.push(asked);
      return turn(engine);
    }
    // The others of the same request.
    if (asked.offer !== engine.offer) return void onTheirWay.push(asked);
    const old = asked.offer === second && late === "in between" ? onTheirWay.shift() : undefined;
    if (old) engine.give(old);
    engine.give(asked);
  };
  const { end, engine, stored } = await fetched(first, { give }, { transport: "mqtt" });
  const what = `${order}, ${late}, at part ${nth}`;
  const verified = engine.said.flatMap(([kind, { task_id, checksum }]) =>
    kind === "verify" ? [[task_id, checksum]] : []
  );
  const both = [second, first].map(({ task, bytes }) => [task, checksumOf(bytes)]);
  assert.deepEqual(verified, both, what);
  assert.deepEqual(stored, first.bytes, what);
  assert.deepEqual([end.taskId, end.stats.attempts], [first.task, 3], what);
}
