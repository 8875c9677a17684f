/** I5: the state is the fold of the log, at every prefix and after every restart. */
import type { Models, Write } from "../../engine/mod.ts";
import type { Device } from "../../device/state.ts";
import { isDivergence, Replay } from "../../replay/mod.ts";
import type { Task } from "../../upgrade/task.ts";
import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { Sameness } from "./same.ts";

/** Judges that replaying the log gives the read models. */
export class Replayed implements Judge {
  readonly #court: Court;
  readonly #replay: Replay;
  readonly #devices = new Map<string, Device>();
  readonly #sameness = new Sameness();

  constructor(court: Court) {
    this.#court = court;
    this.#replay = new Replay(court.sha256);
  }

  committed(rows: readonly SeenRow[], writes: readonly Write[]): void {
    const devices = new Set<string>();
    const tasks = new Map<string, Task>();
    for (const { row } of rows) {
      const taken = this.#replay.take(row);
      if (isDivergence(taken)) {
        const { what, expected, found } = taken;
        return this.#deny(`Row ${row.seq}: ${what} is ${found}, replay says ${expected}`);
      }
      if (taken.device) this.#devices.set(taken.device.id, taken.device);
      if (taken.device) devices.add(taken.device.id);
      for (const task of taken.tasks ?? []) tasks.set(task.id, task);
      this.#compareFirmware(taken);
    }
    for (const id of devices) this.#compareDevice(id);
    for (const [id, task] of tasks) this.#compareTask(id, task);
    for (const { models } of writes) {
      const odd = models.tasks?.find(({ id }) => !tasks.has(id));
      if (odd) this.#deny(`${odd.id} was written, but no row changed it`);
      if (models.device && !devices.has(models.device.id)) {
        this.#deny(`Device ${models.device.id} was written, but no row changed it`);
      }
    }
  }

  /** From here on a new engine, or one that no longer trusts its memory, works with what is stored. */
  opened(_life: Life): void {
    for (const id of this.#devices.keys()) this.#compareDevice(id);
  }

  ended(): void {
    for (const id of this.#devices.keys()) this.#compareDevice(id);
  }

  #compareDevice(id: string): void {
    this.#compare(`Device ${id}`, this.#court.sight.disk.stored(id), this.#devices.get(id));
  }

  #compareTask(id: string, folded: Task): void {
    this.#compare(id, this.#court.sight.disk.task(id), folded);
  }

  #compareFirmware({ image, release }: Models): void {
    const { disk } = this.#court.sight;
    if (image) this.#compare("The image", disk.image(image.sha256), image);
    if (!release) return;
    this.#compare("The release", disk.release(release.product, release.version), release);
  }

  #compare(what: string, stored: unknown, folded: unknown): void {
    if (this.#sameness.of(stored, folded)) return;
    const [found, expected] = [JSON.stringify(stored), JSON.stringify(folded)];
    this.#deny(`${what} is stored as ${found}, replay says ${expected}`);
  }

  #deny(sentence: string): void {
    this.#court.deny("I5", `${sentence}.`);
  }
}
