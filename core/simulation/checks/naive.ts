/**
 * What the rows say, folded in the simplest way: facts and moves into plain maps. It shares no code with
 * the fold that it is compared with, but takes the moves and effects that stand in the rows.
 */
import type { Fact, FactOf, Move } from "../../log/mod.ts";
import type { SeenRow } from "../watch.ts";
import { noteAdvice } from "./naive_advice.ts";
import { newCourse, noteMove, noteStay, noteTurn, noteWish, taskAsked } from "./naive_course.ts";
import { noteOwed } from "./naive_owed.ts";
import { noteGiven, settle } from "./naive_running.ts";
import type { NaiveDevice, NaiveImage, NaiveTask } from "./naive_state.ts";
import { isBusy, isEnd, isWait } from "./words.ts";

export type { NaiveDevice, NaiveTask } from "./naive_state.ts";

const RANK: Readonly<Record<string, number>> = { security: 0, normal: 1, low: 2 };

/** The fold of a whole log. */
export class Naive {
  readonly tasks = new Map<string, NaiveTask>();
  readonly devices = new Map<string, NaiveDevice>();
  /** By their checksum. */
  readonly images = new Map<string, NaiveImage>();
  /** The checksum that a version names, by {@link releaseKey}. */
  readonly releases = new Map<string, string>();
  /** How many tasks have not ended. */
  openTasks = 0;

  /** Takes the next row. */
  take(seen: SeenRow): void {
    const { header, fact } = seen;
    const { moves } = header.outcome;
    const device = this.devices.get(deviceOf(header.stream));
    const asked = fact.type === "UpdateRequested" && device && taskAsked(device, fact.at);
    if (device) noteGiven(device, fact);
    this.#learn(fact, header.stream);
    // What ends is asked for nothing more.
    const goesOn = (id: string) => !moves.some(({ task, to }) => task === id && isEnd(to));
    if (asked && isBusy(asked.state) && goesOn(asked.id)) noteWish(asked, fact, true);
    for (const move of moves) {
      this.#move(move, fact);
      const task = this.tasks.get(move.task);
      if (!task || fact.type !== "UpdateRequested") continue;
      const isTurn = ["paused", "confirming"].includes(move.from ?? "") || move.to === "offered";
      if (isTurn && goesOn(task.id)) noteWish(task, fact, task === asked);
    }
    const about = fact.task === undefined ? undefined : this.tasks.get(fact.task);
    if (about && !moves.some(({ task }) => task === about.id)) noteStay(about, fact);
    if (!device) return;
    noteOwed(device, fact, header.outcome.effects);
    noteAdvice(device, seen);
    if (fact.actor === `device:${device.id}`) device.isHeard = true;
  }

  #learn(fact: Fact, stream: string): void {
    const device = this.devices.get(deviceOf(stream));
    switch (fact.type) {
      case "DeviceRegistered":
        return this.#register(fact);
      case "TaskQueued":
        return this.#queue(fact, device);
      case "ImageUploaded":
        return void this.images.set(fact.data.image, fact.data);
      case "ReleaseNamed": {
        const { product, version, artifacts } = fact.data;
        const key = releaseKey(product, version);
        return void this.releases.set(key, `sha256:${artifacts[0]?.sha256}`);
      }
    }
    if (!device) return;
    if (fact.type === "DeviceRevoked") device.isRevoked = true;
    else if (fact.type === "UpdateRequested") {
      device.version = fact.data.current_version ?? fact.data.runs ?? device.version;
      device.isFetcher = fact.data.fetch_only ?? false;
      if (device.isFetcher) device.open.forEach(settle);
      device.product ??= fact.data.product ?? null;
      device.chunkBytes = fact.data.chunk_bytes ?? device.chunkBytes;
    } else if (fact.type === "StatusReported" && fact.data.status === "booted") {
      device.version = fact.data.version ?? device.version;
    }
  }

  #register({ data: { device_id: id, product } }: FactOf<"DeviceRegistered">): void {
    this.devices.set(id, {
      id,
      product: product ?? null,
      version: null,
      chunkBytes: null,
      isRevoked: false,
      isFetcher: false,
      wishes: "http",
      advice: undefined,
      isHeard: false,
      open: [],
      ended: new Map(),
      lastEnded: undefined,
      owed: new Map(),
    });
  }

  #queue(fact: FactOf<"TaskQueued">, device: NaiveDevice | undefined): void {
    const { task: id, at, data } = fact;
    if (!device || id === undefined || this.tasks.has(id)) return;
    const task: NaiveTask = {
      id,
      device: device.id,
      policy: data,
      queuedAt: at,
      state: "",
      attempt: 1,
      reason: null,
      since: at,
      wasOffered: false,
      isVerified: false,
      given: { attempt: 0, bytes: 0 },
      queuedWith: data,
      queuedFor: { isFetcher: device.isFetcher, isHeard: device.isHeard },
      course: newCourse(fact),
    };
    this.tasks.set(id, task);
    this.openTasks++;
    device.open = [...device.open, task].sort((a, b) =>
      RANK[a.policy.priority]! - RANK[b.policy.priority]! || a.policy.number - b.policy.number
    );
  }

  #move(move: Move, fact: Fact): void {
    const { task: id, from, to, attempt, reason } = move;
    const task = this.tasks.get(id);
    if (!task) return;
    noteMove(task, move, fact);
    const device = this.devices.get(task.device);
    if (device && to === "offered" && isWait(from ?? "")) noteTurn(task, device);
    if (isEnd(to) && !isEnd(task.state)) this.#end(task, to);
    task.state = to;
    task.attempt = attempt;
    task.reason = reason ?? null;
    task.since = fact.at;
    if (to === "offered") task.wasOffered = true;
    task.isVerified = isRightDigest(fact, task) && !isWait(to) ||
      task.isVerified && !UNVERIFIED.has(to);
  }

  #end(task: NaiveTask, to: string): void {
    this.openTasks--;
    const device = this.devices.get(task.device);
    if (!device) return;
    device.open = device.open.filter((other) => other !== task);
    device.ended.set(task.id, task);
    if (task.wasOffered) device.lastEnded = task;
    if (to === "succeeded") device.version = task.policy.version;
  }
}

/** In these states the device has to show the digest (again). */
const UNVERIFIED = new Set(["queued", "held", "offered", "downloading", "verifying", "retrying"]);

/** Whether the fact is the device's claim of the task's own digest. */
export function isRightDigest(fact: Fact, { id, policy }: NaiveTask): boolean {
  return (fact.type === "DigestReported" || fact.type === "ChunkFailed") && fact.task === id &&
    fact.data.checksum === policy.image;
}

/** A version under a product, or under none. */
export function releaseKey(product: string | null | undefined, version: string): string {
  return JSON.stringify([product ?? null, version]);
}

/** The device that a stream is of; empty: of none. */
export function deviceOf(stream: string): string {
  return stream.startsWith("device/") ? stream.slice("device/".length) : "";
}
