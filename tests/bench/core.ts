/** How fast the pure core is by itself: no network, no disk, one thread. */
import { isDivergence, Replay, stepDevice, stepTask } from "../../core/mod.ts";
import type { Device, DeviceFact, StoredCells } from "../../core/mod.ts";
import { machineDigest } from "../../adapters/host/mod.ts";
import { openReplica } from "../../adapters/sqlite/mod.ts";
import { IMAGE, on, policy, queued, SIZE, T0, TASK } from "../core/support/given.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { makeLog } from "./made_log.ts";

/** Steps of the machine, whole upgrades of a device, rows decided again. */
export const core: Measurement = {
  name: "core",
  summary: "The pure core: steps of a task, whole upgrades of a device, rows decided again",
  run: async ({ isQuick, runs, folder, say }) => {
    say("making a log");
    await makeLog(`${folder}/core`, isQuick ? 1_000 : 10_000);
    const rows = await readRows(`${folder}/core`);
    const times = isQuick ? 200 : 10_000;
    const figures = new Figures();
    // Once unmeasured, so that every run finds the code compiled.
    for (let run = 0; run <= runs; run++) {
      say(`run ${run}`);
      const kept = run > 0 ? figures : new Figures();
      const steps = times * taskStory.length;
      kept.add("steps of a task", "steps/s", perSecond(steps, () => stepTasks(times)));
      kept.add("whole upgrades", "upgrades/s", perSecond(times, () => upgradeDevices(times)));
      kept.add("replay", "rows/s", perSecond(rows.length, () => replay(rows)));
    }
    return figures.list();
  },
};

/** One upgrade as its task sees it. */
const taskStory = [
  on.turn(1),
  on.fetch(2),
  on.progress(3, SIZE / 4),
  on.progress(4, SIZE / 2),
  on.progress(5, SIZE),
  on.digest(6, IMAGE),
];

/** One upgrade as the device's stream has it. */
const deviceStory: readonly DeviceFact[] = [
  { type: "TaskQueued", at: T0, actor: "operator:bench", task: TASK, data: policy() },
  { type: "UpdateRequested", at: T0, actor: "device:pump-7", data: { current_version: "1.0.0" } },
  ...[on.fetch(2), on.progress(3, SIZE / 4), on.progress(4, SIZE / 2), on.progress(5, SIZE)],
  on.digest(6, IMAGE),
].filter((event) => event.type !== "Activate") as readonly DeviceFact[];

function perSecond(count: number, work: () => void): number {
  const started = performance.now();
  work();
  return count / (performance.now() - started) * 1000;
}

function stepTasks(times: number): void {
  const first = queued();
  for (let time = 0; time < times; time++) {
    let task = first;
    for (const event of taskStory) task = stepTask(task, event).task;
    if (task.state !== "succeeded") throw new Error(`The task ended ${task.state}`);
  }
}

function upgradeDevices(times: number): void {
  const actor = "operator:bench";
  const data = { device_id: "pump-7" };
  const first = stepDevice(undefined, { type: "DeviceRegistered", at: T0, actor, data }).device;
  for (let time = 0; time < times; time++) {
    let device: Device = first;
    for (const fact of deviceStory) device = stepDevice(device, fact).device;
    if (device.version !== "2.0.0") throw new Error(`The device runs ${device.version}`);
  }
}

function replay(rows: readonly StoredCells[]): void {
  const replay = new Replay(machineDigest.sha256);
  for (const row of rows) {
    const taken = replay.take(row);
    if (isDivergence(taken)) throw new Error(JSON.stringify(taken));
  }
}

async function readRows(data: string): Promise<StoredCells[]> {
  const replica = await openReplica(data);
  try {
    return [...replica.rows()];
  } finally {
    replica.close();
  }
}
