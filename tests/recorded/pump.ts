/** A device in a story: what it does, what it says, and what is ordered for it. */
import assert from "node:assert/strict";
import { GONE_AFTER_MS, parseReport, REJECTED_EVERY_MS, toHex } from "../../core/mod.ts";
import type { Message } from "../../core/mod.ts";
import type { Answer, ReportInput, ServedRange } from "../../core/engine/mod.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";
import { addFirmware, settle } from "../core/support/bench_engine.ts";
import type { Bench } from "../core/support/bench_engine.ts";
import { IMAGE, SIZE } from "../core/support/given.ts";
import { at, imageOf, kinds, PUMP } from "../core/support/stories.ts";
import type { Said } from "../core/support/stories.ts";
import { request, ways } from "./said.ts";
import type { Reached } from "./said.ts";

const SECOND = 1_000;

/** How a report comes, where it matters. */
type How = Partial<Pick<ReportInput, "via" | "packet">>;

/** What is given to it, as far as it has come. */
type Given = { -readonly [Member in keyof ServedRange]: ServedRange[Member] };

/** A device, and the task that was ordered for it last. */
export class Pump {
  readonly #b: Bench;
  readonly #id: string;
  #task = "";
  #connections = 0;
  #fetched = 0;

  private constructor(b: Bench, id: string) {
    this.#b = b;
    this.#id = id;
  }

  /** `pump-7`, which every bench knows, or another; connected, so that it is not gone. */
  static async of(b: Bench, id: string = PUMP, more: object = {}): Promise<Pump> {
    if (id !== PUMP) {
      const tokens = { tokenSha256: "aa".repeat(32), tokenSha512: ANY_SHA512 };
      const answer = await b.command({ type: "registerDevice", device: id, ...tokens, ...more });
      assert.ok(answer.ok);
    }
    const pump = new Pump(b, id);
    pump.connects();
    return pump;
  }

  /** The task that was ordered last. */
  get task(): string {
    return this.#task;
  }

  connects(): void {
    this.#b.engine.connected(this.#id, `c${++this.#connections}`);
  }

  /** It begins to listen to what it is told. */
  async listens(): Promise<void> {
    await this.#b.engine.listening(this.#id, `c${this.#connections}`, true);
    await settle();
  }

  async comes(): Promise<void> {
    this.connects();
    await this.listens();
  }

  /** Its connection is gone, and so is it half a minute later. */
  async goes(): Promise<void> {
    this.#b.engine.disconnected(this.#id, `c${this.#connections}`);
    await this.#b.clock.pass(GONE_AFTER_MS);
  }

  /** The engine dies and is away for so long; the device comes to the one that goes on. */
  async outlivesEngine(awayMs = 0): Promise<void> {
    this.#b.clock.skew += awayMs;
    await this.#b.restart();
    this.connects();
  }

  /** The version is ordered for it, and uploaded before that if nobody has; the id of the task. */
  async order(version = "2.0.0", more: object = {}): Promise<string> {
    const checksum = imageOf(version);
    if (checksum !== IMAGE) await addFirmware(this.#b, version, toHex(checksum));
    const answer = await this.#b.upgrade(this.#id, {
      firmware_version: version,
      checksum,
      ...more,
    });
    assert.ok(answer.ok && answer.result?.type === "task", JSON.stringify(answer));
    return this.#task = answer.result.task;
  }

  /** An order of 2.0.0 that the device asks for, and brings into the state. */
  async brings(state: Reached, more: object = {}): Promise<void> {
    await this.order("2.0.0", { completion: "booted", ...more });
    await this.says(request(), ...ways[state]);
    this.is(state);
  }

  /** It says one thing after the other, a second apart; none of them may be refused. */
  async says(...reports: readonly Said[]): Promise<void> {
    for (const said of reports) {
      const told = await this.hears(said);
      assert.ok(
        !told.some(({ kind }) => kind === "rejected"),
        `${said} was refused: ${kinds(told)}`,
      );
    }
  }

  /** What it says is refused with that code: late enough after the last refusal to be on record. */
  async isRefused(code: string, ...reports: readonly Said[]): Promise<void> {
    for (const said of reports) {
      await this.#b.clock.pass(REJECTED_EVERY_MS);
      assert.equal(kinds(await this.hears(said)), code, `${said}`);
    }
  }

  /** The store fails: nobody takes what it says, which must be said again. */
  async isPutOff(said: Said): Promise<void> {
    const answer = await this.#submit(said);
    assert.ok(!answer.ok && answer.problem.status === 503);
    assert.equal(this.#b.faults.splice(0).length, 1);
  }

  /** Nothing that it says is heard any more. */
  async isShutOut(): Promise<void> {
    const answer = await this.#submit(request());
    assert.ok(!answer.ok && answer.problem.status === 403);
  }

  /** What it is told when it says that. */
  async hears(said: Said, how: How = {}): Promise<readonly Message[]> {
    const answer = await this.#submit(said, how);
    assert.ok(answer.ok);
    return answer.messages.map(({ message }) => message);
  }

  async #submit([kind, payload]: Said, how: How = {}): Promise<Answer> {
    await this.#b.clock.pass(SECOND);
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    const parsed = parseReport(kind, new TextEncoder().encode(text));
    const report = { kind: "report", device: this.#id, report: kind, parsed } as const;
    return await this.#b.engine.submit({ ...report, via: "mqtt", ...how });
  }

  /** It checks as a client does that only fetches, and says what of itself it can say. */
  async checks(said: object = {}): Promise<readonly Message[]> {
    return await this.hears(request(said), { via: "fetch" });
  }

  /** It is given all of 2.0.0. */
  async fetchesAll(): Promise<void> {
    this.takes(await this.fetches(0, ++this.#fetched), SIZE, "complete");
  }

  /** It asks for the bytes of 2.0.0 from there on, over its first connection or another. */
  async fetches(from: number, connection = 1): Promise<Given> {
    await this.#b.clock.pass(SECOND);
    const range: Given = { from, sent: 0, sentAt: 0, state: "open", connection };
    const asks = { kind: "artifact", device: this.#id, sha256: toHex(IMAGE), range } as const;
    assert.ok((await this.#b.engine.submit(asks)).ok);
    return range;
  }

  /** So many bytes of the answer were taken so far. */
  takes(given: Given, sent: number, state: Given["state"] = "open"): void {
    Object.assign(given, { sent, sentAt: this.#b.engine.now(), state });
  }

  /** It confirms every message that it is owed. */
  async confirms(): Promise<void> {
    for (const { task, kind, attempt } of this.#b.store.devices.get(this.#id)!.owed) {
      const name = { task, message: kind, attempt };
      assert.ok((await this.#b.engine.submit({ kind: "delivered", device: this.#id, ...name })).ok);
    }
  }

  /** An operator takes a task back. */
  async isCancelled(task = this.#task): Promise<void> {
    assert.ok((await this.#b.command({ type: "cancelTask", task })).ok);
  }

  /** An operator would take its task back, and is too late. */
  async isNotCancelled(): Promise<void> {
    const answer = await this.#b.command({ type: "cancelTask", task: this.#task });
    assert.ok(!answer.ok && answer.problem.status === 409);
  }

  /** An operator takes the device out. */
  async isRevoked(): Promise<void> {
    assert.ok((await this.#b.command({ type: "revokeDevice", device: this.#id })).ok);
  }

  /** Where its task is: the state, then, where it is said, `#` and the attempt, then why. */
  is(expected: string, task = this.#task): void {
    const found = at(this.#b, task);
    assert.ok(`${found} `.startsWith(`${expected} `), `${task} is ${found}, not ${expected}`);
  }

  /** Where its task is when so much time has passed. */
  async isAfter(ms: number, expected: string, task = this.#task): Promise<void> {
    await this.#b.clock.pass(ms);
    this.is(expected, task);
  }
}
