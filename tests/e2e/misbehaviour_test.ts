/** What becomes of devices that misbehave, as the engine sees it. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceOptions } from "../../adapters/device/mod.ts";
import { inHouse, randomImage, soon } from "./house.ts";
import type { Row, Stage } from "./house.ts";

const SIZE = 100_000;

interface Story {
  readonly end: DeviceEnd;
  readonly rows: readonly Row[];
  // deno-lint-ignore no-explicit-any -- the API's JSON
  readonly task: any;
  /** The version that the engine takes the device to run. */
  readonly runs: string;
}

/** A device with these faults is ordered from 1.0.0 to 2.0.0, and the task has ended. */
async function story(faults: Partial<DeviceOptions>, order: object): Promise<Story> {
  const { promise, resolve } = Promise.withResolvers<Story>();
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(SIZE));
    const id = await stage.order("pump-7", "2.0.0", checksum, { chunk_size: 8, ...order });
    const device = new VirtualDevice({
      id: "pump-7",
      token,
      mqttUrl: stage.house.mqttUrl,
      httpUrl: stage.house.httpUrl,
      folder: `${stage.folder}/device`,
      version: "1.0.0",
      ...faults,
    });
    const end = await soon(device.run(), "the end of the device");
    const task = await soon(ended(stage, id), "the end of the task");
    const { body } = await stage.ask("GET", "/devices/pump-7");
    resolve({ end, task, runs: body.version, rows: await stage.rows("pump-7") });
  });
  return await promise;
}

/** The task once it has ended: of a device that stays dark nobody but the engine hears that. */
async function ended(stage: Stage, id: string): Promise<Story["task"]> {
  for (;;) {
    const task = await stage.task(id);
    if (task.deadline_at === undefined) return task;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Time enough to install and to reboot, on a busy machine, too. */
const SEEN = { completion: "seen", limits: { awaiting_install: 4 } };
const booted = { completion: "booted" };
const endings: [
  device: string,
  faults: Partial<DeviceOptions>,
  order: object,
  end: [state: string, reason: string | undefined, runs: string],
][] = [
  [
    "that is silent after the offer",
    { silentAfter: "metadata" },
    { limits: { offered: 1 }, expires_in: 2 },
    ["timed_out", "expired", "1.0.0"],
  ],
  [
    "that falls silent in mid-download",
    { silentAfter: "downloading" },
    { limits: { downloading: 1 }, retries: 0 },
    ["timed_out", "no_progress", "1.0.0"],
  ],
  [
    "that is silent after its digest was right",
    { silentAfter: "verified" },
    { ...booted, limits: { awaiting_install: 1 } },
    ["timed_out", "silent", "1.0.0"],
  ],
  [
    "that does not come back from its reboot",
    { silentAfter: "rebooting" },
    { ...booted, limits: { rebooting: 1 } },
    ["lost", "silent", "1.0.0"],
  ],
  [
    "that reboots without reporting",
    { afterReboot: "silent" },
    { ...booted, limits: { confirming: 1 } },
    ["failed", "silent", "1.0.0"],
  ],
  [
    "that boots the old image",
    { afterReboot: "old-version" },
    booted,
    ["rolled_back", "other_version", "1.0.0"],
  ],
  [
    "that cannot report, and boots the old image",
    { afterReboot: "old-version" },
    SEEN,
    ["timed_out", "silent", "1.0.0"],
  ],
  [
    "that says that it rolled back",
    { afterReboot: "rolled-back" },
    booted,
    ["rolled_back", "device_rolled_back", "1.0.0"],
  ],
  [
    "that claims the right digest over wrong bytes",
    { lie: "right-digest" },
    booted,
    ["rolled_back", "other_version", "1.0.0"],
  ],
  [
    "that claims a wrong digest each time",
    { lie: "wrong-digest" },
    { retries: 1 },
    ["failed", "wrong_digest", "1.0.0"],
  ],
  ["that says everything twice", { reportsTwice: true }, booted, [
    "succeeded",
    undefined,
    "2.0.0",
  ]],
  ["whose reports are late", { outOfOrder: true }, booted, ["succeeded", undefined, "2.0.0"]],
];

for (const [device, faults, order, [state, reason, runs]] of endings) {
  Deno.test(`a device ${device} ends ${state} (${JSON.stringify(order)})`, async () => {
    const { task, runs: version, end } = await story(faults, order);
    assert.deepEqual([task.state, task.reason, version], [state, reason, runs]);
    if (end.outcome === "dark") assert.equal(state, "lost");
    else assert.equal(end.outcome, state === "succeeded" ? "succeeded" : "failed");
  });
}

Deno.test("a claim is not proof: with completion verified, a liar succeeds", async () => {
  const { task } = await story({ lie: "right-digest" }, {});
  assert.equal(task.state, "succeeded");
});

Deno.test("a report that is said twice makes one fact", async () => {
  const { rows } = await story({ reportsTwice: true, corruptChunk: 3 }, booted);
  const ids = rows.flatMap(({ data }) => data.id === undefined ? [] : [data.id]);
  assert.equal(new Set(ids).size, ids.length);
  const verifies = rows.filter(({ type }) => type === "ChunkFailed" || type === "DigestReported");
  assert.equal(verifies.length, 2);
  const statuses = rows.filter(({ type }) => type === "StatusReported");
  assert.deepEqual(statuses.map(({ data }) => data.status), ["installing", "rebooting", "booted"]);
});

Deno.test("a report that is late is refused, and changes nothing", async () => {
  const { rows, task } = await story({ outOfOrder: true }, booted);
  const kinds = rows.map(({ type, data }) => data.status ?? type);
  assert.ok(kinds.indexOf("DigestReported") < kinds.indexOf("ReportRejected"), kinds.join());
  assert.ok(!kinds.includes("rebooting"), kinds.join());
  assert.equal(task.state, "succeeded");
});

Deno.test("a device that loses power begins the chunk again that was not stored whole", async () => {
  const restartAt = 50_000;
  const { end, task } = await story({ restartAt }, {});
  assert.deepEqual([task.state, task.attempt, end.stats.attempts], ["succeeded", 1, 1]);
  assert.equal(end.stats.bytesFetched, SIZE + restartAt % 8_192);
});

Deno.test("a device that booted the old image does not install the new one again", async () => {
  const states: string[] = [];
  await story({
    afterReboot: "old-version",
    onEvent: (event) => void (event.type === "state" && states.push(event.state)),
  }, SEEN);
  assert.equal(states.filter((state) => state === "installing").length, 1, states.join());
});
