/** A stage for one judge: rows, messages and answers made by hand, and what the judge says to them. */
import { createHash } from "node:crypto";
import type { Answer, Input, OutboundMessage } from "../../../core/engine/mod.ts";
import { deviceFacts, sealRow } from "../../../core/log/mod.ts";
import type { DeviceFact, Fact, Outcome } from "../../../core/log/mod.ts";
import {
  stepDeviceStream,
  stepEngineStream,
  stepImageStream,
} from "../../../core/engine/streams.ts";
import type { StreamStep } from "../../../core/engine/streams.ts";
import { freezePolicy, requestUpgrade } from "../../../core/mod.ts";
import { Disk } from "../../../core/simulation/machine/disk.ts";
import { Naive } from "../../../core/simulation/checks/naive.ts";
import type { Court, Judge } from "../../../core/simulation/checks/judge.ts";
import { seeRow } from "../../../core/simulation/watch.ts";
import type { SeenRow } from "../../../core/simulation/watch.ts";

export const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");
export const IMAGE = "5a".repeat(32);
export const SIZE = 4_096;
export const TASK = "OTA_20260101_001";
/** What an offer of {@link TASK} says. */
export const metadata = {
  task_id: TASK,
  version: "2.0.0",
  url: `http://127.0.0.1:8000/artifacts/${IMAGE}`,
  size: SIZE,
  checksum: `sha256:${IMAGE}`,
  chunk_bytes: 524_288,
  chunk_count: 1,
  completion: "verified",
  attempt: 1,
  max_attempts: 4,
  resume_from: 0,
};

const SALT = "0".repeat(32);
const BEGIN_AT = 1_767_268_800_000;

/** Members of a row that are not as they should be. */
export type Odd = Partial<Record<"seq" | "epoch" | "version" | "prev" | "cause", number | null>> & {
  readonly outcome?: Outcome;
  readonly hash?: string;
  readonly life?: number;
  /** The write takes personal texts out of the stream. */
  readonly erasedThrough?: number;
};

export class Stage {
  readonly disk = new Disk();
  readonly naive = new Naive();
  /** What was denied: `I1: …`. */
  readonly denied: string[] = [];
  readonly judge: Judge;
  readonly life = { number: 1, isAlive: true };
  now = 0;
  jumpedMs = 0;
  readonly #dead = new Set<string>();
  #submissions = 0;

  constructor(make: (court: Court) => Judge) {
    // deno-lint-ignore no-this-alias -- the court looks at the stage as it is then
    const stage = this;
    this.judge = make({
      sha256,
      catalogue: {
        of: () => ({
          version: "2.0.0",
          product: null,
          image: { sha256: IMAGE, size: SIZE, sha1: "00", md5: "00".repeat(16) },
        }),
      },
      naive: this.naive,
      sight: {
        disk: this.disk,
        get now() {
          return stage.now;
        },
        get wallAtBegin() {
          return BEGIN_AT + stage.jumpedMs;
        },
        asleepMs: 0,
        isBrokered: true,
      },
      isDead: (device) => this.#dead.has(device),
      deny: (invariant, sentence) => this.denied.push(`${invariant}: ${sentence}`),
    });
    this.judge.started?.(this.life);
    this.judge.opened?.(this.life);
    this.judge.reachable?.(true, this.life);
  }

  /** Commits one row; its outcome is what the engine would decide, unless it is given. */
  row(stream: string, said: object, odd: Odd = {}): SeenRow {
    const fact = { at: BEGIN_AT + this.now, actor: "engine", ...said } as Fact;
    const step = this.#step(stream, fact);
    const { version, hash } = this.disk.head(stream);
    const place = {
      log: "0123456789abcdef",
      seq: this.disk.rows.length + 1,
      epoch: 1,
      stream,
      version: version + 1,
      prev: hash,
      cause: null,
      ...odd,
    } as Parameters<typeof sealRow>[0];
    const { outcome: _, hash: __, life: ___, erasedThrough, ...known } = place as
      & typeof place
      & Odd;
    const row = {
      ...sealRow(known, fact, odd.outcome ?? step.outcome, () => SALT, sha256),
      ...(odd.hash === undefined ? {} : { hash: odd.hash }),
    };
    const erases = erasedThrough === undefined ? {} : { erasedThrough };
    const write = { stream, expectedVersion: version, rows: [row], models: step.models };
    const writes = [{ ...write, ...erases }];
    if (row.seq === this.disk.rows.length + 1 && row.version === version + 1) {
      this.disk.commit(writes);
    }
    const seen = seeRow(row);
    const life = { ...this.life, number: odd.life ?? 1 };
    const by = odd.life === undefined ? this.life : life;
    this.judge.beforeRow?.(seen, by);
    this.naive.take(seen);
    this.judge.afterRow?.(seen, by);
    this.judge.committed?.([seen], writes, by);
    return seen;
  }

  /** A fact of a device's stream, said by the device itself unless `actor` is given. */
  device(id: string, type: string, data: object = {}, rest: object = {}, odd: Odd = {}): SeenRow {
    return this.row(`device/${id}`, { type, data, actor: `device:${id}`, ...rest }, odd);
  }

  /** Registered, with a version to go to, and a task for it. */
  begin(wishes: object = {}, id = "a", task = TASK, number = 1_000_001): void {
    const operator = { actor: "operator:test" };
    this.device(id, "DeviceRegistered", { device_id: id }, operator);
    if (!this.naive.images.has(`sha256:${IMAGE}`)) {
      const data = { image: `sha256:${IMAGE}`, size: SIZE, sha1: "00", md5: "00".repeat(16) };
      this.row(`image/${IMAGE}`, { type: "ImageUploaded", data, ...operator });
      const artifacts = [{ name: "a.bin", size: SIZE, sha256: IMAGE }];
      const release = { version: "2.0.0", artifacts };
      this.row(`image/${IMAGE}`, { type: "ReleaseNamed", data: release, ...operator });
    }
    this.queue(wishes, id, task, number);
  }

  queue(wishes: object, id: string, task: string, number: number, odd: Odd = {}): void {
    const request = requestUpgrade.parse({
      device_id: id,
      firmware_version: "2.0.0",
      checksum: `sha256:${IMAGE}`,
      ...wishes,
    });
    const knownBy = [`md5:${"00".repeat(16)}`];
    const policy = freezePolicy(request, { number, size: SIZE, product: null, knownBy });
    this.device(id, "TaskQueued", policy, { actor: "operator:test", task }, odd);
  }

  /** Submits an input and answers it, with what happens between. */
  input(input: Input, answer: Answer, between: () => void = () => {}): void {
    const submission = { life: this.life, input, number: ++this.#submissions };
    this.judge.submitted?.(submission);
    between();
    this.judge.answered?.(submission, answer);
  }

  send(device: string, kind: string, payload: object, isOwed = true): void {
    const owed = { task: TASK, kind, attempt: 1 };
    const message = { device, message: { kind, payload }, ...(isOwed ? { owed } : {}) };
    this.judge.sent?.(message as unknown as OutboundMessage, this.life);
  }

  #step(stream: string, fact: Fact): StreamStep {
    if (stream.startsWith("image/")) {
      return stepImageStream(fact as Parameters<typeof stepImageStream>[0]);
    }
    if (!Object.hasOwn(deviceFacts, fact.type)) return stepEngineStream();
    const known = this.disk.device(stream.slice("device/".length));
    return stepDeviceStream(known, fact as DeviceFact) ??
      { outcome: { moves: [], effects: [] }, models: known ? { device: known } : {} };
  }
}

/** Moves made by hand. */
export function moves(
  ...all: [task: string, from: string | null, to: string, attempt?: number][]
): { readonly outcome: Outcome } {
  const made = all.map(([task, from, to, attempt = 1]) => ({ task, from, to, attempt }));
  return { outcome: { moves: made, effects: [] } };
}

/** Moves made by hand, with their reasons. */
export function reasoned(
  ...all: [task: string, from: string | null, to: string, reason?: string][]
): { readonly outcome: Outcome } {
  const made = all.map(([task, from, to, reason]) => (
    { task, from, to, attempt: 1, ...(reason ? { reason } : {}) }
  ));
  return { outcome: { moves: made, effects: [] } as Outcome };
}
