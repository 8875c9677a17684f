/**
 * Read models as they are in the end: of a device that changes with every row only the newest state is
 * written, and what comes of many rows is held back until it is worth it.
 */
import type { Device, Task } from "../../core/mod.ts";
import type { Models } from "../../core/engine/mod.ts";
import type { ModelsWriter } from "./models.ts";

/** So many devices and tasks are held back; what they take is far below what else a replay holds. */
const HELD_MAX = 20_000;

/** Writes them through the one projection that the running store has, too. */
export class NewestModels {
  readonly #writer: ModelsWriter;
  readonly #devices = new Map<string, Device>();
  readonly #tasks = new Map<string, Task>();

  constructor(writer: ModelsWriter) {
    this.#writer = writer;
  }

  /** Takes what a row leads to. */
  add({ device, tasks = [], ...others }: Models): void {
    if (device) this.#devices.set(device.id, device);
    for (const task of tasks) this.#tasks.set(task.id, task);
    this.#writer.write(others, false);
    if (this.#devices.size + this.#tasks.size > HELD_MAX) this.flush();
  }

  /** Writes what was held back. */
  flush(): void {
    for (const device of this.#devices.values()) this.#writer.write({ device }, true);
    this.#writer.write({ tasks: [...this.#tasks.values()] }, false);
    this.#devices.clear();
    this.#tasks.clear();
  }
}
