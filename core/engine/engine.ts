/**
 * The closed loop: takes the inputs that wait, decides them, appends every row and read model in one
 * transaction, and only then answers and sends.
 */
import { activeTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import type { Task } from "../upgrade/task.ts";
import type { AttemptTransfer } from "../upgrade/transfer.ts";
import { BATCH_DECIDING_MS, problem } from "../protocol/mod.ts";
import type { Transport } from "../protocol/mod.ts";
import type { EngineApi } from "./api.ts";
import { Audience } from "./audience.ts";
import { Batches } from "./batches.ts";
import type { Waiting } from "./batches.ts";
import { Deadlines } from "./deadlines.ts";
import { decideEach } from "./decide_each.ts";
import { dispatch, notNow, rejectionOf } from "./dispatch.ts";
import { Giving } from "./giving.ts";
import type { FurtherRange } from "./going_on.ts";
import type { Answer, Input } from "./inputs.ts";
import type { Answered } from "./answered.ts";
import { Ledger } from "./ledger.ts";
import { Logins } from "./logins.ts";
import { Notes } from "./notes.ts";
import type { LogHead, Ports } from "./ports.ts";
import { Presence } from "./presence.ts";
import { RollCall } from "./roll_call.ts";
import { TokenEnds } from "./token_ends.ts";
import { EngineTime } from "./time.ts";
import { Workspace } from "./workspace.ts";

/** What an engine is told at its start. */
export interface EngineOptions {
  /** The absolute base of every URL that a device is given, without a slash at its end. */
  readonly baseUrl: string;
  /** The log's identity: `log` is derived from the public key, so that nobody mixes two up. */
  readonly identity: { readonly log: string; readonly publicKey: string };
  /** Which otalog this is: a newer one will look what it would have decided otherwise. */
  readonly version?: string;
  /** Whether a device may have a version that nobody ordered for it; it may unless denied. */
  readonly deviceRequests?: "allow" | "deny";
  /**
   * Devices are behind a broker of somebody else's, which cannot be reached before `reachable` says
   * so. Otherwise their own connections show who is there.
   */
  readonly isBrokered?: boolean;
}

/** In these states a device that is gone is paused (PROTOCOL §1, "Offers and preemption"). */
const GONE_STATES: readonly string[] = ["downloading", "retrying", "verifying"];

/** The engine of one log. Made by {@link startEngine}. */
export class Engine implements EngineApi {
  readonly #ports: Ports;
  readonly #options: EngineOptions;
  readonly #time: EngineTime;
  readonly #presence: Presence;
  readonly #deadlines: Deadlines;
  readonly #tokenEnds: TokenEnds;
  readonly #rollCall: RollCall;
  readonly #leftOut = new Notes<number>();
  readonly #answered = new Notes<readonly Answered[]>();
  readonly #audience: Audience;
  readonly #ledger: Ledger;
  readonly #batches: Batches;
  readonly #logins: Logins;
  readonly #giving: Giving;
  #stopped = false;

  /** `head` is what `store.open()` gave. */
  constructor(ports: Ports, options: EngineOptions, head: LogHead) {
    this.#ports = ports;
    this.#options = options;
    this.#audience = new Audience(ports.observer);
    this.#batches = new Batches(ports.clock, (batch) => this.#process(batch));
    this.#time = new EngineTime(ports.clock, head.at);
    this.#ledger = new Ledger({
      store: ports.store,
      clock: ports.clock,
      audience: this.#audience,
      log: options.identity.log,
      onDurable: (work) => this.#follow(work),
    }, head);
    const now = () => this.now();
    const isBrokered = options.isBrokered ?? false;
    this.#giving = new Giving({
      ports,
      isBrokered,
      now,
      committed: (id) => this.#committed(id),
      isWell: () => this.isWell,
      isListening: (device) => this.#presence.isListening(device, "mqtt"),
      submit: (input) => this.submit(input),
      onGiven: (bytes) => this.#audience.tell((observer) => observer.gave?.(bytes)),
      onFault: (error) => this.#audience.fault(error),
    });
    this.#presence = new Presence(
      ports.clock,
      now,
      async (device, contact) => {
        const answer = await this.submit({ kind: "contact", device, contact });
        return answer.ok || answer.problem.status !== 503;
      },
      (device) => ports.outbox.isGiving?.(device) ?? false,
      isBrokered,
    );
    this.#tokenEnds = new TokenEnds(ports.clock, now, (device) => this.#cut(device));
    this.#logins = new Logins({
      store: ports.store,
      cached: (id) => this.#ledger.cached(id),
      note: (device, since) => this.#tokenEnds.note(device, since),
      onFault: (error) => this.#distrust(error),
    });
    this.#deadlines = new Deadlines(ports.store, ports.clock, {
      now,
      followClock: () => this.#followClock(),
      submit: (input) => this.submit(input),
      onFault: (error) => this.#distrust(error),
    });
    if (isBrokered) this.#deadlines.reachable(false);
    const { store, outbox, clock } = ports;
    this.#rollCall = new RollCall({
      store,
      outbox,
      clock,
      now,
      submit: (input) =>
        this.isListening(input.device)
          ? this.submit(input)
          : Promise.resolve({ ok: true, messages: [] }),
      onFault: (error) => this.#distrust(error),
    });
  }

  /** Records that the engine started on a log that stands there. */
  async begin({ log, seq: rows, isRestored = false }: LogHead): Promise<void> {
    const { identity: { log: log_id, publicKey: public_key }, version } = this.#options;
    const work = this.#workspace();
    const stamp = { at: work.at, actor: "engine" };
    if (log === null) {
      await work.recordEngine({ ...stamp, type: "LogCreated", data: { log_id, public_key } });
    }
    if (isRestored) await work.recordEngine({ ...stamp, type: "LogRestored", data: { rows } });
    const { epoch } = this.#ledger.position;
    const data = { epoch, ...(version === undefined ? {} : { version }) };
    await work.recordEngine({ ...stamp, type: "EngineStarted", data });
    await this.#ledger.commit(work);
    // Behind a broker of somebody else's nobody is waited for, and those at work may be a million.
    const atWork = this.#options.isBrokered
      ? []
      : await this.#ports.store.devicesWithTaskIn(GONE_STATES);
    for (const device of atWork) this.#presence.expect(device);
    this.#deadlines.start();
  }

  submit(input: Input): Promise<Answer> {
    if (input.kind === "report" && input.report === "request") {
      this.#presence.asked(input.device, input.via);
    }
    if (input.kind === "ask" || input.kind === "report" && input.via === "mqtt") {
      this.#giving.heard(input.device);
    }
    if (input.kind === "delivered") this.#giving.delivered(input);
    if (input.kind === "ask" && this.#giving.goesOnAsking(input)) {
      return Promise.resolve({ ok: true, messages: [] });
    }
    return this.#stopped
      ? Promise.resolve(notNow("The engine is stopping. Try again later."))
      : this.#batches.submit(input);
  }

  goesOn(further: FurtherRange): boolean {
    return this.#giving.goesOn(further);
  }

  /** The device as it is in memory; in doubt about the store nobody knows what is committed. */
  #committed(id: string): Device | undefined {
    return !this.#stopped && this.isWell ? this.#ledger.cached(id)?.device : undefined;
  }

  restsOnBytes(device: string): boolean {
    const known = this.#ledger.cached(device)?.device;
    return !known || activeTask(known.tasks)?.policy.completion === "seen";
  }

  now(): number {
    return this.#time.now();
  }

  /** False from a fault of the store on until it was opened and checked again. */
  get isWell(): boolean {
    return !this.#ledger.isSuspect;
  }

  connected(device: string, connection: string, by: Transport = "mqtt"): void {
    this.#presence.connected(device, connection, by);
    void this.#logins.note(device, this.now());
  }

  listening(device: string, connection: string, listening: boolean): Promise<boolean> {
    return this.#presence.listening(device, connection, listening);
  }

  disconnected(device: string, connection: string): void {
    if (this.#presence.disconnected(device, connection) === "mqtt") {
      this.#giving.disconnected(device);
    }
  }

  heard(device: string): void {
    this.#presence.heard(device);
  }

  reachable(isReachable: boolean, hasForgotten = false): void {
    if (this.#stopped) return;
    this.#presence.reachable(isReachable, hasForgotten);
    this.#deadlines.reachable(isReachable);
    if (isReachable) void this.#rollCall.begin(hasForgotten);
    else this.#rollCall.end();
  }

  callAll(): void {
    if (!this.#stopped) this.#rollCall.again();
  }

  left(device: string): Promise<boolean> {
    return this.#presence.left(device);
  }

  isListening(device: string): boolean {
    return this.#presence.isListening(device);
  }

  lastHeardAt(device: string): number | undefined {
    return this.#presence.lastHeardAt(device);
  }

  transfersOf(task: Task): readonly AttemptTransfer[] {
    return this.#giving.transfers.record(task);
  }

  onCommitted(listener: () => void): () => void {
    return this.#audience.listen(listener);
  }

  /** Takes what waits, records that the engine stopped, and refuses everything after. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#deadlines.stop();
    this.#presence.close();
    this.#tokenEnds.close();
    this.#rollCall.end();
    this.#stopped = true;
    this.#giving.close();
    this.#ledger.close();
    await this.#batches.pumping;
    const work = this.#workspace();
    try {
      await work.recordEngine({ type: "EngineStopped", at: work.at, actor: "engine", data: {} });
      await this.#ledger.commit(work);
    } catch (error) {
      // A log that cannot be written now says nothing of the stop: that is no lie, only less.
      this.#audience.fault(error);
    }
  }

  #cut(device: string): void {
    try {
      this.#ports.outbox.disconnect(device);
    } catch (error) {
      this.#audience.fault(error);
    }
  }

  /** Nobody knows what became of the store: it is opened again, even if no input comes. */
  #distrust(error: unknown): void {
    this.#ledger.distrust();
    this.#audience.fault(error);
    if (!this.#stopped) this.#batches.wake();
  }

  async #process(batch: readonly Waiting[]): Promise<number> {
    try {
      if (this.#ledger.isSuspect) await this.#recover();
      return await this.#decideAll(batch, this.#ports.clock.monotonic() + BATCH_DECIDING_MS);
    } catch (error) {
      // What a look that nobody asked for found still broken was told before.
      if (batch.length > 0 || !this.#ledger.isSuspect) this.#audience.fault(error);
      this.#ledger.distrust();
      if (!this.#stopped) this.#ledger.reopenSoon(() => this.#batches.wake());
      const answer = notNow("The log cannot be written now. Try again in a moment.");
      for (const waiting of batch) waiting.answer(answer);
      return batch.length;
    }
  }

  /**
   * Decides the inputs in their order, none after `until`, and says how many. An input that makes us fail
   * is refused alone; all others are decided without it.
   */
  async #decideAll(batch: readonly Waiting[], until: number): Promise<number> {
    if (this.#followClock()) this.#deadlines.reachableAgain();
    const work = this.#workspace();
    await this.#noteClockStep(work);
    const isListening = (device: string) => this.#presence.isListening(device);
    const { deviceRequests = "allow" } = this.#options;
    const [leftOut, answered] = [this.#leftOut, this.#answered];
    const { hasRoom } = this.#giving;
    const around = { isListening, leftOut, answered, deviceRequests, hasRoom };
    for (const notes of [leftOut, answered]) notes.begin();
    const isOver = () => this.#ports.clock.monotonic() > until;
    const { answers, fault } = await decideEach(work, batch, around, isOver);
    if (fault) {
      this.#audience.fault(fault.error);
      const failed = batch[answers.length]!;
      failed.answer({ ok: false, problem: problem(500, "The engine failed on this input.") });
      const others = batch.filter((waiting) => waiting !== failed);
      if (others.length > 0) await this.#decideAll(others, Infinity);
      return batch.length;
    }
    const taken = batch.slice(0, answers.length);
    await this.#ledger.commit(work, taken.length);
    for (const [index, { input: { kind }, answer }] of taken.entries()) {
      const rejected = rejectionOf(answers[index]!);
      this.#audience.tell((observer) =>
        observer.decided?.({ kind, ...(rejected ? { rejected } : {}) })
      );
      answer(answers[index]!);
    }
    this.#send(work);
    return taken.length;
  }

  /**
   * A wall clock that leapt ahead means that this machine slept: its silence was ours. One that was set
   * back may hide that it slept as well.
   */
  #followClock(): boolean {
    if (this.#time.followStep() === 0) return false;
    this.#tokenEnds.leapt();
    return true;
  }

  /** What is kept beside the log follows a batch that is durable. */
  #follow(work: Workspace): void {
    this.#time.stepRecorded(work.clockStepMs);
    for (const notes of [this.#leftOut, this.#answered]) notes.keep();
    for (const [, { device }] of work.changedDevices()) this.#tokenEnds.note(device, work.at);
    const tasks = [...work.changedTasks()];
    this.#deadlines.note(tasks);
    for (const task of tasks) {
      if (GONE_STATES.includes(task.state)) this.#presence.expect(task.device);
    }
  }

  #workspace(): Workspace {
    const { store, digest } = this.#ports;
    const cached = (id: string) => this.#ledger.cached(id);
    const { baseUrl } = this.#options;
    const { transfers } = this.#giving;
    return new Workspace(
      { store, digest, cached, baseUrl, transfers, at: this.now() },
      this.#ledger.position,
    );
  }

  async #noteClockStep(work: Workspace): Promise<void> {
    const { steppedMs: by_ms } = this.#time;
    if (by_ms === 0) return;
    await work.recordEngine({
      type: "ClockStepped",
      at: work.at,
      actor: "engine",
      data: { by_ms },
    });
  }

  /** The store says where the log stands; of a batch that is durable after all nobody was told. */
  async #recover(): Promise<void> {
    const durable = await this.#ledger.reopen();
    // What it made owed comes with the call.
    if (durable) this.#send({ outgoing: [], given: [], progress: [], cut: durable.cut });
    this.#logins.again();
    if (this.#presence.isReachable) this.callAll();
  }

  #send(work: Pick<Workspace, "outgoing" | "given" | "progress" | "cut">): void {
    dispatch(this.#ports.outbox, work, (error) => this.#audience.fault(error));
    this.#giving.follow(work);
  }
}

/** Opens the log and starts an engine on it. */
export async function startEngine(ports: Ports, options: EngineOptions): Promise<Engine> {
  const head = await ports.store.open();
  const engine = new Engine(ports, options, head);
  await engine.begin(head);
  return engine;
}
