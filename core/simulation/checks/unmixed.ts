/**
 * I21: no bytes of one task are ever taken for another's. A chunk that leaves is of the image of the task that
 * it names, from the place that it names, and of what its device asked for; that task is the device's active
 * one, by the rows. Nor does any device store bytes where they do not belong.
 */
import type { Answer, OutboundChunk, OutboundMessage } from "../../engine/mod.ts";
import type { ChunksPayload } from "../../protocol/mod.ts";
import { chunkDigest, lookAt } from "../image_bytes.ts";
import type { Life, SeenRow, StoredBytes, Submission } from "../watch.ts";
import { AskedBytes } from "./asked_bytes.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";
import type { NaiveTask } from "./naive.ts";
import { isBusy } from "./words.ts";

/** Judges the bytes that go over MQTT. */
export class Unmixed implements Judge {
  readonly #court: Court;
  readonly #asked = new AskedBytes();
  /** Of two engines only the newer one knows what is on record. */
  #newest = 0;

  constructor(court: Court) {
    this.#court = court;
  }

  started({ number }: Life): void {
    this.#newest = Math.max(this.#newest, number);
  }

  died(life: Life): void {
    this.#asked.died(life);
  }

  submitted(submission: Submission): void {
    this.#asked.submitted(submission, this.#court.sight.now);
  }

  answered(submission: Submission, answer: Answer): void {
    this.#asked.answered(submission, answer);
  }

  /** What was asked for of a task that was the active one is void when it is not, for good. */
  afterRow({ header: { stream, outcome: { moves } } }: SeenRow): void {
    if (moves.some(({ from, to }) => isBusy(from ?? "") !== isBusy(to))) {
      this.#asked.forget(deviceOf(stream));
    }
  }

  sentChunk(chunk: OutboundChunk, life: Life): void {
    const { device, task: id, offset, bytes } = chunk;
    const end = offset + bytes.length;
    const what = `${device} was sent ${offset} to ${end} of ${id}`;
    const task = this.#judgeActive(device, id, life, what);
    if (!task) return;
    const { image, size } = task.policy;
    if (bytes.length === 0 || end > size) return this.#deny(`${what}, which has ${size} bytes`);
    if (!lookAt(bytes, hexOf(image), offset)) return this.#deny(`${what}: other bytes`);
    const isAsked = this.#asked.takePart(life, chunk, size);
    if (isAsked || this.#isReplaced(life)) return;
    this.#deny(`${what}, and has not asked for that`);
  }

  sent({ device, message }: OutboundMessage, life: Life): void {
    if (message.kind === "chunks") this.#judgeDigests(device, message.payload, life);
  }

  stored({ device, task: id, image, offset, bytes }: StoredBytes): void {
    if (lookAt(bytes, image, offset)) return;
    this.#deny(`${device} stores at ${offset} of ${id} what is not of its image`);
  }

  #judgeDigests(
    device: string,
    { task_id: id, from, chunk_bytes, chunks }: ChunksPayload,
    life: Life,
  ): void {
    const what = `${device} was sent ${chunks.length} digests of ${id}, from ${from} on`;
    const task = this.#judgeActive(device, id, life, what);
    if (!task) return;
    const image = hexOf(task.policy.image);
    const isIt = chunks.every((digest, n) =>
      hexOf(digest) === chunkDigest(image, chunk_bytes, from + n)
    );
    if (!isIt) return this.#deny(`${what}: other ones`);
    const isAsked = this.#asked.takeDigests(life, device, id, from, chunks.length);
    if (isAsked || this.#isReplaced(life)) return;
    this.#deny(`${what}, and has not asked for them`);
  }

  /** The task, if its bytes may leave. */
  #judgeActive(device: string, id: string, life: Life, what: string): NaiveTask | undefined {
    const { devices, tasks } = this.#court.naive;
    const active = devices.get(device)?.open.find(({ state }) => isBusy(state));
    if (active?.id === id || this.#isReplaced(life)) return tasks.get(id);
    const task = tasks.get(id);
    this.#deny(`${what} of ${task?.device}, which is ${task?.state}; active is ${active?.id}`);
    return undefined;
  }

  /** While it stood still: it goes by what it knows, until it has to write. */
  #isReplaced({ number }: Life): boolean {
    return number < this.#newest;
  }

  #deny(sentence: string): void {
    this.#court.deny("I21", `${sentence}.`);
  }
}

function hexOf(checksum: string): string {
  return checksum.slice("sha256:".length);
}
