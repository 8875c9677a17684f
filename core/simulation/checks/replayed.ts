/** I5: the state is the fold of the log, at every prefix and after every restart. */
import type { Models, Write } from "../../engine/mod.ts";
import { canonicalJson } from "../../log/mod.ts";
import { isDivergence, Replay } from "../../replay/mod.ts";
import type { Task } from "../../upgrade/task.ts";
import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Judges that replaying the log gives the read models. */
export class Replayed implements Judge {
  readonly #court: Court;
  readonly #replay: Replay;
  /** The text of each device's state. */
  readonly #devices = new Map<string, string>();

  constructor(court: Court) {
    this.#court = court;
    this.#replay = new Replay(court.sha256);
  }

  committed(rows: readonly SeenRow[], writes: readonly Write[]): void {
    const devices = new Map<string, Models["device"]>();
    const tasks = new Map<string, Task>();
    for (const { row } of rows) {
      const taken = this.#replay.take(row);
      if (isDivergence(taken)) {
        const { what, expected, found } = taken;
        return this.#deny(`Row ${row.seq}: ${what} is ${found}, replay says ${expected}`);
      }
      if (taken.device) devices.set(taken.device.id, taken.device);
      for (const task of taken.tasks ?? []) tasks.set(task.id, task);
      this.#compareFirmware(taken);
    }
    for (const [id, device] of devices) this.#devices.set(id, JSON.stringify(device));
    for (const id of devices.keys()) this.#compareDevice(id);
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
    const [stored, folded] = [this.#court.sight.disk.deviceText(id), this.#devices.get(id)];
    if (isSame(stored, folded)) return;
    this.#deny(`Device ${id} is stored as ${stored}, replay says ${folded}`);
  }

  #compareTask(id: string, folded: Task): void {
    const stored = JSON.stringify(this.#court.sight.disk.task(id));
    const expected = JSON.stringify(folded);
    if (isSame(stored, expected)) return;
    this.#deny(`${id} is stored as ${stored}, replay says ${expected}`);
  }

  #compareFirmware({ image, release }: Models): void {
    const { disk } = this.#court.sight;
    const pairs: [unknown, unknown][] = [];
    if (image) pairs.push([image, disk.image(image.sha256)]);
    if (release) pairs.push([release, disk.release(release.product, release.version)]);
    for (const [folded, stored] of pairs) {
      const [expected, found] = [JSON.stringify(folded), JSON.stringify(stored)];
      if (!isSame(found, expected)) this.#deny(`${found} is stored, replay says ${expected}`);
    }
  }

  #deny(sentence: string): void {
    this.#court.deny("I5", `${sentence}.`);
  }
}

/** Members may come in another order: a database holds the canonical text. */
function isSame(stored: string | undefined, folded: string | undefined): boolean {
  if (stored === folded) return true;
  return stored !== undefined && folded !== undefined &&
    canonicalJson(JSON.parse(stored)) === canonicalJson(JSON.parse(folded));
}
