/**
 * The fold of one device's stream: registration, lock, queue, ended tasks and what is owed. It hands
 * each fact to its task's machine and alone gives the next task its turn.
 */
import type { DeviceFact, FactOf, Move } from "../log/mod.ts";
import { OPEN_TASKS_MAX, REPORT_EVERY_MS } from "../protocol/limits.ts";
import type { Transport } from "../protocol/mod.ts";
import { beginTask, stepTask } from "../upgrade/lifecycle.ts";
import type { DeviceEffectData, TaskEvent } from "../upgrade/events.ts";
import { settledAsSeen } from "../upgrade/policy.ts";
import { isTerminal } from "../upgrade/task.ts";
import type { Task } from "../upgrade/task.ts";
import { fetchedBytes, withTransfer } from "../upgrade/transfer.ts";
import { isChunkable } from "./numbers.ts";
import { recommended, wishing } from "./network.ts";
import { newestPerTask, owe } from "./owed.ts";
import { activeTask, enqueue, isOutdated, nextTask } from "./queue.ts";
import { withEnded, withTaken, withToken } from "./remembered.ts";
import { isToFetch } from "./to_fetch.ts";
import type { Device } from "./state.ts";

/** What a step made of a fact. */
export interface DeviceStep {
  /** The device afterwards; the same object when nothing changed. */
  readonly device: Device;
  /** Changes of state of its tasks, in order. */
  readonly moves: readonly Move[];
  /** What the shell has to do, in order. */
  readonly effects: readonly DeviceEffectData[];
  /** The tasks that changed. */
  readonly tasks: readonly Task[];
  /** False: nothing changed and nothing is to be done; such a fact is not recorded. */
  readonly accepted: boolean;
}

/** Steps a device. `device` is `undefined` before its first fact. */
export function stepDevice(device: Device | undefined, fact: DeviceFact): DeviceStep {
  const before = device ?? registered(fact);
  if (!before) throw new TypeError(`Cannot fold ${fact.type} of a device that is not registered`);
  const draft = new Draft(before);
  if (device) draft.apply(fact);
  return draft.finish(fact, device === undefined);
}

/** The state a device begins with. */
function registered(fact: DeviceFact): Device | undefined {
  if (fact.type !== "DeviceRegistered") return undefined;
  const { data } = fact;
  return {
    id: data.device_id,
    registeredAt: fact.at,
    revoked: false,
    product: data.product ?? null,
    hardware: data.hardware ?? null,
    version: null,
    tokens: [],
    tasks: [],
    ended: [],
    owed: [],
    chunkBytes: null,
    taken: [],
    lastContactAt: 0,
    rejectedAt: 0,
    pacedUntil: 0,
  };
}

/** One step in the making; it never outlives {@link stepDevice}. */
class Draft {
  #device: Device;
  readonly #before: Device;
  readonly #moves: Move[] = [];
  readonly #effects: DeviceEffectData[] = [];
  readonly #tasks = new Map<string, Task>();

  constructor(device: Device) {
    this.#device = this.#before = device;
  }

  apply(fact: DeviceFact): void {
    this.#noteTransfer(fact);
    this.#take(fact);
    // A task that goes back to the download may have lost its use while it was installed.
    if (this.#moves.length > 0) this.#supersede(fact.at);
  }

  #take(fact: DeviceFact): void {
    switch (fact.type) {
      case "DeviceRegistered":
        return;
      case "TokenIssued":
        return this.#issueToken(fact);
      case "DeviceRevoked":
        return this.#revoke(fact);
      case "TaskQueued":
        return this.#queue(fact);
      case "UpdateRequested":
        return this.#request(fact);
      case "ContactChanged":
        if (fact.data.contact === "listening") this.#activateNext(fact.at);
        return this.#stepActive(fact);
      case "StatusReported":
        return this.#status(fact);
      case "MessageDelivered":
        return this.#deliver(fact);
      case "NetworkMeasured":
        return this.#measure(fact);
      case "ReportRejected":
        this.#effects.push({ ...(fact.task ? { task: fact.task } : {}), type: "sendRejected" });
        return this.#change({ rejectedAt: fact.at });
      case "DataErased":
        // No state holds what is personal: it is on record all the same.
        return this.#change({});
      default:
        return void this.#stepById(fact.task, fact);
    }
  }

  finish(fact: DeviceFact, isNew: boolean): DeviceStep {
    const accepted = isNew || this.#device !== this.#before || this.#effects.length > 0;
    const effects = newestPerTask(this.#effects);
    // What has lapsed is dropped with the next fact: to forget it is no reason for a row.
    if (accepted) this.#change({ owed: owe(this.#device, effects, fact.at) });
    if (accepted && isOwn(this.#device, fact)) this.#remember(fact, effects);
    return {
      device: this.#device,
      moves: this.#moves,
      effects,
      tasks: [...this.#tasks.values()],
      accepted,
    };
  }

  /** The first change is of a copy, and those after it are of the same one. */
  #change(change: Partial<Device>): void {
    if (this.#device === this.#before) this.#device = { ...this.#before };
    Object.assign(this.#device, change);
  }

  /** What was given out for the active task, before anything is decided on it. */
  #noteTransfer({ data }: DeviceFact): void {
    const task = activeTask(this.#device.tasks);
    if (!("transfer" in data) || !data.transfer || !task) return;
    const transfers = withTransfer(task.transfers, task.attempt, data.transfer);
    this.#replace({ ...task, transfers });
  }

  /** Who logged in with a token that ends now must log in again. */
  #issueToken(fact: FactOf<"TokenIssued">): void {
    const { tokens } = this.#device;
    if (tokens.length > 0 && fact.data.overlap_ms === 0) this.#effects.push({ type: "disconnect" });
    this.#change({ tokens: withToken(tokens, fact) });
  }

  #revoke(fact: FactOf<"DeviceRevoked">): void {
    if (this.#device.revoked) return;
    for (const task of this.#device.tasks) this.#step(task, fact);
    this.#change({ revoked: true, tokens: [] });
    this.#effects.push({ type: "disconnect" });
  }

  #queue(fact: FactOf<"TaskQueued">): void {
    const { tasks, id: device } = this.#device;
    if (fact.task === undefined || tasks.length >= OPEN_TASKS_MAX || this.#device.revoked) return;
    const { at, actor, data: policy } = fact;
    const task = beginTask({ id: fact.task, device, actor, at, policy });
    this.#change({ tasks: enqueue(tasks, task) });
    this.#tasks.set(task.id, task);
    this.#moves.push({ attempt: task.attempt, from: null, task: task.id, to: task.state });
    // It asked for this: it is there to be told at once.
    if (isOwn(this.#device, fact)) this.#activateNext(at);
  }

  #request(fact: FactOf<"UpdateRequested">): void {
    const { current_version, runs, product, hardware, chunk_bytes, transport } = fact.data;
    const meant = activeTask(this.#device.tasks) ?? nextTask(this.#device.tasks, fact.at);
    this.#learnWay(fact.data.fetch_only);
    if (transport !== undefined) this.#learnTransport(transport);
    if (fact.data.fetch_only) this.#settleCompletions();
    this.#learn(fact.at, {
      version: current_version ?? runs ?? this.#device.version,
      product: this.#device.product ?? product ?? null,
      hardware: this.#device.hardware ?? hardware ?? null,
      chunkBytes: chunk_bytes ?? this.#device.chunkBytes,
    });
    if (!activeTask(this.#device.tasks)) this.#activateNext(fact.at);
    const isMeant = activeTask(this.#device.tasks)?.id === meant?.id;
    this.#stepActive(isMeant ? fact : withoutPlace(fact));
    // Who came back with something newer than the image is there for what comes next.
    this.#supersede(fact.at);
    this.#activateNext(fact.at);
    if (fact.data.fetch_only) this.#spare(fact);
  }

  /** Tasks that were queued before anybody knew that the device only fetches. */
  #settleCompletions(): void {
    for (const task of this.#device.tasks) {
      const policy = task.offered ? task.policy : settledAsSeen(task.policy);
      if (policy !== task.policy) this.#replace({ ...task, policy });
    }
  }

  /** A client that only fetches reads metadata as an order to do so. */
  #spare({ data }: FactOf<"UpdateRequested">): void {
    const task = activeTask(this.#device.tasks);
    if (!task || isToFetch(task, data)) return;
    const kept = this.#effects.filter((e) => e.type !== "sendMetadata" || e.task !== task.id);
    this.#effects.splice(0, Infinity, ...kept);
  }

  /** What was measured is on record where it speaks for something else than what is recommended. */
  #measure({ at, data }: FactOf<"NetworkMeasured">): void {
    const network = recommended(this.#device, data, at);
    if (!network) return;
    this.#change({ network });
    const task = activeTask(this.#device.tasks);
    const { reason, transport } = network;
    const about = task && { task: task.id };
    this.#effects.push({ reason, ...about, transport, type: "sendTransport" });
  }

  #deliver({ task, data }: FactOf<"MessageDelivered">): void {
    const owed = this.#device.owed.filter((o) =>
      o.task !== task || o.kind !== data.kind || o.attempt !== data.attempt
    );
    if (owed.length < this.#device.owed.length) this.#change({ owed });
  }

  /** The device runs the version it booted, whatever the task makes of it. */
  #status(fact: FactOf<"StatusReported">): void {
    const isTaken = this.#stepById(fact.task, fact);
    const { status, version } = fact.data;
    if (isTaken && status === "booted" && version) this.#learn(fact.at, { version });
  }

  /** Present only when true: most devices can report. */
  #learnWay(fetchOnly: true | undefined): void {
    if (this.#device.fetchOnly === fetchOnly) return;
    const { fetchOnly: _, ...others } = this.#device;
    this.#device = fetchOnly ? { ...others, fetchOnly } : others;
  }

  /** Whoever asks for another transport than before knows better than what was measured. */
  #learnTransport(transport: Transport): void {
    if ((this.#device.transport ?? "http") !== transport) {
      this.#change(wishing(this.#device, transport));
    }
  }

  #learn(
    at: number,
    said: Partial<Pick<Device, "version" | "product" | "hardware" | "chunkBytes">>,
  ): void {
    const { version } = this.#device;
    const names = Object.keys(said) as (keyof typeof said)[];
    if (names.some((name) => this.#device[name] !== said[name])) this.#change(said);
    if (this.#device.version !== version) this.#supersede(at);
  }

  /** Tasks that would take the device back behind what it runs now have no use any more. */
  #supersede(at: number): void {
    const { tasks, version } = this.#device;
    for (const task of tasks) {
      if (isOutdated(task, version)) this.#step(task, { type: "Supersede", at });
    }
  }

  #activateNext(at: number): void {
    const task = nextTask(this.#device.tasks, at);
    if (!task || this.#device.revoked) return;
    this.#stepActive({ type: "Preempt", at });
    const { chunkBytes } = this.#device;
    const isWished = chunkBytes !== null && isChunkable(task.policy.size, chunkBytes);
    this.#step(task, { type: "Activate", at, ...(isWished ? { chunkBytes } : {}) });
  }

  #stepActive(event: TaskEvent): void {
    const task = activeTask(this.#device.tasks);
    if (task) this.#step(task, event);
  }

  #stepById(id: string | undefined, event: TaskEvent): boolean {
    const task = this.#device.tasks.find((task) => task.id === id);
    return task !== undefined && this.#step(task, event);
  }

  /** Whether the task took the event. */
  #step(before: Task, event: TaskEvent): boolean {
    const { task, effects, accepted } = stepTask(before, event);
    if (!accepted) return false;
    this.#effects.push(...effects.map((type) => ({ task: task.id, type })));
    if (task.state !== before.state || task.attempt !== before.attempt) {
      this.#moves.push(moveOf(before, task, event));
    }
    this.#replace(task);
    if (isTerminal(task)) this.#end(task, event.at);
    return true;
  }

  #replace(task: Task): void {
    this.#tasks.set(task.id, task);
    this.#change({ tasks: this.#device.tasks.map((t) => t.id === task.id ? task : t) });
  }

  /**
   * A succeeded task's version is proved by its evidence (PROTOCOL §1, "last proved"). What that makes
   * pointless ends before it: the success is the last end, and that is what the device is told.
   */
  #end(task: Task, at: number): void {
    this.#change({ tasks: this.#device.tasks.filter((t) => t.id !== task.id) });
    if (task.state === "succeeded") this.#learn(at, { version: task.policy.version });
    this.#change({ ended: withEnded(this.#device.ended, task) });
  }

  /** The device was heard, and its report will be known when it comes again. */
  #remember({ at, data }: DeviceFact, effects: readonly DeviceEffectData[]): void {
    const pacedUntil = Math.max(this.#device.pacedUntil, at) + REPORT_EVERY_MS;
    const taken = withTaken(this.#device.taken, data, effects);
    this.#change({ lastContactAt: at, taken, pacedUntil });
  }
}

/** A digest is the device's claim: the move says how much of the image it had asked for. */
function moveOf(before: Task, task: Task, { type }: TaskEvent): Move {
  const { id, state: to, attempt, reason, transfers, policy: { completion } } = task;
  const isClaim = type === "DigestReported" || type === "ChunkFailed" ||
    type === "UpdateRequested" && to === "succeeded" && completion === "verified";
  const from = before.state;
  // In the order of canonical JSON, which is written at once then.
  if (!isClaim && !reason) return { attempt, from, task: id, to };
  const fetched = isClaim ? { fetched: fetchedBytes(transfers) } : undefined;
  return { attempt, ...fetched, from, ...(reason && { reason }), task: id, to };
}

/** What the version that a device runs has made pointless is not what comes in its place. */
function withoutPlace(fact: FactOf<"UpdateRequested">): FactOf<"UpdateRequested"> {
  const { resume_from: _, ...data } = fact.data;
  return { ...fact, data };
}

/** Whether the device itself said it. */
function isOwn({ id }: Device, { actor }: DeviceFact): boolean {
  return actor === `device:${id}`;
}
