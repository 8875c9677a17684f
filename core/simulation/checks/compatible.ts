/**
 * I10: every task's image is one that was released for its device's product, or for none. I11: a
 * version names one image for ever, and its size and digest are the same wherever they are said.
 */
import type { Message } from "../../protocol/mod.ts";
import type { OutboundMessage } from "../../engine/mod.ts";
import type { FactOf } from "../../log/mod.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf, releaseKey } from "./naive.ts";

/** Judges what devices are given. */
export class Compatible implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ header: { seq, stream }, fact }: SeenRow): void {
    switch (fact.type) {
      case "UpdateRequested":
        return this.#judgeRunning(seq, deviceOf(stream), fact);
      case "TaskQueued":
        return this.#judgeTask(seq, deviceOf(stream), fact);
      case "ReleaseNamed":
        return this.#judgeRelease(seq, fact);
      case "ImageUploaded": {
        const { image, size } = fact.data;
        const real = this.#court.catalogue.of(image.slice("sha256:".length));
        if (stream !== `image/${image.slice("sha256:".length)}`) {
          this.#court.deny("I11", `Row ${seq} of ${stream} is about ${image}.`);
        }
        if (real?.image.size !== size) {
          this.#court.deny("I11", `Row ${seq}: ${image} has ${size} bytes, not as uploaded.`);
        }
      }
    }
  }

  afterRow({ header: { seq, outcome } }: SeenRow): void {
    for (const { task: id, to } of outcome.moves) {
      if (to !== "offered") continue;
      const task = this.#court.naive.tasks.get(id);
      const device = task && this.#court.naive.devices.get(task.device);
      const product = task?.policy.product;
      if (!task || product === undefined || product === device?.product) continue;
      this.#court.deny(
        "I10",
        `Row ${seq}: ${id} is for ${product}, its device ${device?.product}.`,
      );
    }
  }

  sent({ message }: OutboundMessage): void {
    if (message.kind === "metadata") this.#judgeMetadata(message.payload);
  }

  #judgeTask(seq: number, id: string, { task, data }: FactOf<"TaskQueued">): void {
    const { naive } = this.#court;
    const own = naive.devices.get(id)?.product ?? null;
    const isOwn = naive.releases.has(releaseKey(own, data.version));
    const product = isOwn ? own : null;
    if ((data.product ?? null) !== product) {
      this.#court.deny("I10", `Row ${seq}: ${task} is for ${data.product}, its device ${own}.`);
    }
    const image = naive.releases.get(releaseKey(product, data.version));
    if (image !== data.image || naive.images.get(data.image)?.size !== data.size) {
      this.#court.deny("I10", `Row ${seq}: ${task} is not what ${product} ${data.version} names.`);
    }
    const { md5, header } = naive.images.get(data.image) ?? {};
    const names = [`md5:${md5}`, ...(header?.digest ? [`sha256:${header.digest}`] : [])].join();
    if (data.known_by?.join() !== names) {
      this.#court.deny("I10", `Row ${seq}: ${task} is known by ${data.known_by}, not by ${names}.`);
    }
  }

  /** A digest is taken for a version only where one has an image that is known by it. */
  #judgeRunning(seq: number, id: string, { data }: FactOf<"UpdateRequested">): void {
    const { runs, running = "" } = data;
    if (runs === undefined) return;
    const { releases, images, devices } = this.#court.naive;
    const isOf = [devices.get(id)?.product ?? data.product, null].some((product) => {
      const checksum = releases.get(releaseKey(product, runs));
      const image = checksum === undefined ? undefined : images.get(checksum);
      const names = [checksum, `md5:${image?.md5}`, `sha256:${image?.header?.digest}`];
      return image !== undefined && names.includes(running);
    });
    if (!isOf) this.#court.deny("I10", `Row ${seq}: ${running} is taken for ${runs}.`);
  }

  #judgeRelease(seq: number, { data }: FactOf<"ReleaseNamed">): void {
    const { naive } = this.#court;
    const known = naive.releases.get(releaseKey(data.product, data.version));
    const image = `sha256:${data.artifacts[0]?.sha256}`;
    if (known !== undefined) {
      this.#court.deny("I11", `Row ${seq} names ${data.version} again: ${image} after ${known}.`);
    }
    if (naive.images.get(image)?.size !== data.artifacts[0]?.size) {
      this.#court.deny("I11", `Row ${seq} names ${image}, of another size than what was uploaded.`);
    }
  }

  #judgeMetadata(said: Extract<Message, { kind: "metadata" }>["payload"]): void {
    const policy = this.#court.naive.tasks.get(said.task_id)?.policy;
    if (!policy) return;
    const isTrue = policy.image === said.checksum && policy.size === said.size &&
      policy.version === said.version && policy.completion === said.completion &&
      said.url.endsWith(`/${policy.image.slice("sha256:".length)}`) &&
      said.max_attempts === 1 + policy.retries && said.resume_from <= policy.size &&
      said.chunk_count === Math.ceil(policy.size / said.chunk_bytes);
    if (!isTrue) this.#court.deny("I11", `Metadata of ${said.task_id}: ${JSON.stringify(said)}.`);
  }
}
