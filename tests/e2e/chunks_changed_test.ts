/**
 * An assignment that changes while its bytes are on their way, after every message: what comes under the
 * name of a task is of that task's image, and what is asked under an old name is refused.
 */
import assert from "node:assert/strict";
import { CONNACK, WireDevice } from "./wire_device.ts";
import type { Told } from "./wire_device.ts";
import { checksumOf, inHouse, randomImage } from "./house.ts";
import type { Stage } from "./house.ts";

const PART = 131_072;
/** Eight parts, two of which are on their way at once. */
const SIZE = 8 * PART - 77;
const OFFSETS = Array.from({ length: 8 }, (_, n) => n * PART);

/** How the first task loses its turn. */
type Change = "cancelled" | "preempted";

class Story {
  readonly #stage: Stage;
  readonly #device: WireDevice;
  readonly #name: string;
  /** The image of each task. */
  readonly #images = new Map<string, Uint8Array<ArrayBuffer>>();
  /** The bytes of each task, as far as they came. */
  readonly #got = new Map<string, Map<number, Uint8Array>>();
  readonly #others: Told[] = [];
  #packet = 1;

  private constructor(stage: Stage, device: WireDevice, name: string) {
    this.#stage = stage;
    this.#device = device;
    this.#name = name;
  }

  static async begin(stage: Stage, name: string): Promise<Story> {
    const token = await stage.register(name);
    const device = await WireDevice.open({ url: stage.house.mqttUrl, id: name, token });
    await device.next(CONNACK);
    await device.subscribe(`/ota/${name}/#`);
    return new Story(stage, device, name);
  }

  /** Orders an image of its own; the task. */
  async order(version: string, more = {}): Promise<string> {
    const image = randomImage(SIZE);
    const checksum = await this.#stage.upload(version, image);
    const id = await this.#stage.order(this.#name, version, checksum, { chunk_size: 128, ...more });
    this.#images.set(id, image);
    this.#got.set(id, new Map());
    return id;
  }

  /** Asks for what is missing of the task, all at once; it may leave out the name. */
  ask(id: string, isNamed: boolean): void {
    const missing = OFFSETS.filter((offset) => !this.#got.get(id)!.has(offset));
    const parts = missing.map((offset) => [offset, PART]);
    if (parts.length > 0) this.say("chunk/request", { ...isNamed && { task_id: id }, parts });
  }

  say(kind: string, payload: object): void {
    this.#device.send(this.#device.report(kind, payload, { packet: this.#packet++ }));
  }

  /** Confirms what it heard, one by one, until this holds; every chunk must be of its task's image. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const told = await this.#device.nextTold();
      const [, , device, kind, task, offset] = told.topic.split("/");
      assert.equal(device, this.#name);
      if (kind === "chunk") this.#keep(task!, Number(offset), told.payload as Uint8Array);
      else this.#others.push(told);
      this.#device.confirm(1);
    }
  }

  /** How many chunks it has, of all tasks or of one. */
  count(id?: string): number {
    if (id !== undefined) return this.#got.get(id)!.size;
    return [...this.#got.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Whether it heard such a message of that task; of a refusal: with that code. */
  hasHeard(kind: string, task: string, code?: string): boolean {
    return this.#others.some(({ topic, payload }) => {
      const said = payload as { task_id?: string; code?: string };
      return topic.endsWith(`/${kind}`) && said.task_id === task && said.code === code;
    });
  }

  set confirms(confirms: boolean) {
    this.#device.confirms = confirms;
  }

  /** The whole image of the task came, under its name. */
  assertWhole(id: string): void {
    const got = this.#got.get(id)!;
    const bytes = Buffer.concat(OFFSETS.map((offset) => got.get(offset)!));
    assert.equal(checksumOf(bytes), checksumOf(this.#images.get(id)!));
  }

  checksum(id: string): string {
    return checksumOf(this.#images.get(id)!);
  }

  async end(): Promise<void> {
    await this.#device.cut();
  }

  #keep(task: string, offset: number, bytes: Uint8Array): void {
    const image = this.#images.get(task)!;
    const of = [...this.#images].filter(([, image]) =>
      Buffer.from(image.subarray(offset, offset + PART)).equals(bytes)
    );
    assert.ok(image, task);
    assert.deepEqual(
      of.map(([id]) => id),
      [task],
      `the image of the bytes under ${task}/${offset}`,
    );
    this.#got.get(task)!.set(offset, bytes);
  }
}

/** After the n-th chunk the operator changes his mind, while the device goes on asking. */
async function changesAfter(
  stage: Stage,
  n: number,
  change: Change,
  isNamed: boolean,
): Promise<void> {
  const name = `pump-${change}-${n}-${isNamed}`;
  const story = await Story.begin(stage, name);
  const version = `${n}.${isNamed ? 1 : 2}.${change.length}`;
  const first = await story.order(`1.${version}`);
  story.confirms = false;
  await story.until(() => story.hasHeard("metadata", first));
  story.ask(first, isNamed);
  await story.until(() => story.count(first) === n);
  const changing = (async () => {
    if (change === "preempted") return await story.order(`2.${version}`, { priority: "security" });
    await stage.ask("POST", `/tasks/${first}/cancel`);
    return await story.order(`2.${version}`);
  })();
  // It goes on with what it is given meanwhile, and asks for what it misses.
  await story.until(() =>
    story.count(first) === Math.min(n + 1, 8) || story.hasHeard("cancel", first)
  );
  story.ask(first, isNamed);
  const second = await changing;
  await story.until(() => story.hasHeard("cancel", first) && story.hasHeard("metadata", second));
  const code = change === "cancelled" ? "ended" : "wrong_phase";
  story.say("chunk/request", { task_id: first, offset: 0, length: PART });
  story.say("chunks/request", { task_id: first, from: 0, count: 1 });
  story.ask(second, isNamed);
  await story.until(() => story.hasHeard("rejected", first, code) && story.count(second) === 8);
  story.assertWhole(second);
  story.say("verify", { task_id: second, checksum: story.checksum(second) });
  await story.until(() => story.hasHeard("success", second));
  if (change === "preempted") {
    // Its turn comes again, at its bytes.
    await story.until(() => story.hasHeard("metadata", first));
    story.ask(first, isNamed);
    await story.until(() => story.count(first) === 8);
    story.assertWhole(first);
    story.say("verify", { task_id: first, checksum: story.checksum(first) });
    await story.until(() => story.hasHeard("success", first));
  }
  await story.end();
}

for (const change of ["cancelled", "preempted"] as const) {
  for (const isNamed of [true, false]) {
    const how = isNamed ? "names the task in its asks" : "names no task";
    Deno.test(`a task is ${change} after any of its chunks, and no image is mixed: the device ${how}`, async () => {
      await inHouse(async (stage) => {
        for (let n = 0; n <= 8; n++) await changesAfter(stage, n, change, isNamed);
      });
    });
  }
}
