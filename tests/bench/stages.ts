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

/** Facts per second of a stage; for the loop also what it appended, batch by batch. */
export interface LoopAlone {
  readonly rate: number;
  readonly before: readonly (readonly Write[])[];
  readonly appends: readonly (readonly Write[])[];
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

/** The engine's loop on a store that is a list: decided, sealed and hashed, but on no disk. */
export async function loopAlone({ devices, reports, batch }: Load): Promise<LoopAlone> {
  const store = new ListStore();
  const identity = { log: "0".repeat(32), publicKey: "ed25519:00" };
  const engine = await engineOn(store, identity);
  const logins = Array.from({ length: devices }, (_, number) => loginOf(number));
  await nameFirmware(engine);
  await register(engine, logins);
  for (const { id: device } of logins) {
    await order(engine, device);
    await submit(engine, { kind: "contact", device, contact: "listening" });
  }
  const before = store.written.splice(0);
  const inputs = Array.from(
    { length: reports },
    (_, index) => logins.map(({ id }) => reportOf(id, "progress", progressOf(index))),
  ).flat();
  const started = performance.now();
  for (let from = 0; from < inputs.length; from += batch) {
    await Promise.all(inputs.slice(from, from + batch).map((input) => submit(engine, input)));
  }
  const rate = perSecond(inputs.length, started);
  const appends = store.written.splice(0);
  await engine.stop();
  return { rate, before, appends };
}

/** What the loop appended, appended again by the real store alone: rows per second. */
export async function storeAlone(folder: string, { before, appends }: LoopAlone): Promise<number> {
  await makeDataFolder(folder);
  const { store, close } = await openSqlite(folder);
  try {
    await store.open();
    for (const writes of before) await store.append(writes);
    const rows = appends.flat().reduce((sum, write) => sum + write.rows.length, 0);
    const started = performance.now();
    for (const writes of appends) await store.append(writes);
    return perSecond(rows, started);
  } finally {
    await close();
  }
}

/** A store in memory that keeps what it was given. */
class ListStore extends MemoryStore {
  readonly written: (readonly Write[])[] = [];

  override append(writes: readonly Write[]): Promise<void> {
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
