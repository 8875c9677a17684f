/** The stages of the path of a report, each alone: what it could do if the others cost nothing. */
import { stepDevice } from "../../core/mod.ts";
import type { Device, DeviceFact } from "../../core/mod.ts";
import type { Write } from "../../core/engine/mod.ts";
import { openSqlite } from "../../adapters/sqlite/mod.ts";
import { makeDataFolder } from "../../adapters/host/mod.ts";
import { on, policy, SIZE, T0, TASK } from "../core/support/given.ts";
import { MemoryStore } from "../core/support/memory_store.ts";
import { engineOn, loginOf, nameFirmware, order, register, reportOf, submit } from "./made_log.ts";
import { progressOf } from "./progress.ts";

/** How many devices report how often, and how many of their reports are taken at once. */
export interface Load {
  readonly devices: number;
  readonly reports: number;
  readonly batch: number;
}

/** What the loop appended, batch by batch: before the reports, and for them. */
export interface Appended {
  readonly before: readonly (readonly Write[])[];
  readonly reports: readonly (readonly Write[])[];
}

/** Facts per second that the pure step takes. */
export function stepsAlone({ devices, reports }: Load): number {
  const first = offered();
  const facts = Array.from({ length: reports }, (_, index) => {
    const received = SIZE * progressOf(index).percent / 100;
    return { ...on.progress(index + 1, received) } as DeviceFact;
  });
  const started = performance.now();
  for (let count = 0; count < devices; count++) {
    let device = first;
    for (const fact of facts) device = stepDevice(device, fact).device;
  }
  return perSecond(devices * reports, started);
}

/** Facts per second of the engine's loop: decided, sealed and hashed, but kept nowhere. */
export async function loopAlone(load: Load): Promise<number> {
  const { rate } = await runLoop(load, { keeps: false });
  return rate;
}

/** What the loop appends under this load. */
export async function appendsOf(load: Load): Promise<Appended> {
  const { before, reports } = await runLoop(load, { keeps: true });
  return { before, reports };
}

async function runLoop(
  { devices, reports, batch }: Load,
  { keeps }: { keeps: boolean },
): Promise<Appended & { rate: number }> {
  const store = new ListStore();
  const engine = await engineOn(store, { log: "0".repeat(32), publicKey: "ed25519:00" });
  const logins = Array.from({ length: devices }, (_, number) => loginOf(number));
  await nameFirmware(engine);
  await register(engine, logins);
  for (const { id: device } of logins) {
    await order(engine, device);
    await submit(engine, { kind: "contact", device, contact: "listening" });
  }
  const before = store.written.splice(0);
  store.keeps = keeps;
  const started = performance.now();
  for (let from = 0; from < devices * reports; from += batch) {
    const numbers = Array.from(
      { length: Math.min(batch, devices * reports - from) },
      (_, index) => from + index,
    );
    await Promise.all(numbers.map((number) => {
      const progress = progressOf(Math.floor(number / devices));
      return submit(engine, reportOf(loginOf(number % devices).id, "progress", progress));
    }));
  }
  const rate = perSecond(devices * reports, started);
  const appended = { before, reports: store.written.splice(0), rate };
  await engine.stop();
  return appended;
}

/** What the loop appended, appended again by the real store alone: rows per second. */
export async function storeAlone(folder: string, { before, reports }: Appended): Promise<number> {
  await makeDataFolder(folder);
  const { store, close } = await openSqlite(folder);
  try {
    await store.open();
    for (const writes of before) await store.append(writes);
    const rows = reports.flat().reduce((sum, write) => sum + write.rows.length, 0);
    const started = performance.now();
    for (const writes of reports) await store.append(writes);
    return perSecond(rows, started);
  } finally {
    await close();
  }
}

/**
 * A store in memory that lists what it was given, or takes it and keeps nothing: the engine knows the
 * states of its devices itself, as long as they are few.
 */
class ListStore extends MemoryStore {
  readonly written: (readonly Write[])[] = [];
  keeps = true;

  override append(writes: readonly Write[]): Promise<void> {
    if (!this.keeps) return Promise.resolve();
    this.written.push(writes);
    return super.append(writes);
  }
}

/** A device that was offered its upgrade. */
function offered(): Device {
  const [actor, own] = ["operator:bench", "device:pump-7"];
  const facts: DeviceFact[] = [
    { type: "DeviceRegistered", at: T0, actor, data: { device_id: "pump-7" } },
    { type: "TaskQueued", at: T0, actor, task: TASK, data: policy() },
    { type: "UpdateRequested", at: T0, actor: own, data: {} },
  ];
  return facts.reduce<Device | undefined>(
    (device, fact) => stepDevice(device, fact).device,
    undefined,
  )!;
}

function perSecond(count: number, started: number): number {
  return count / (performance.now() - started) * 1000;
}
