/** Writes the passwords of a registry, and tells Mosquitto: once for changes that come together. */
import { pause } from "../ota/follow.ts";
import { ENGINE_USER } from "./acl.ts";
import type { ConfOptions } from "./conf.ts";
import { putPasswords } from "./folder.ts";
import type { Registry } from "./registry.ts";
import { reloadMosquitto } from "./reload.ts";
import type { Difference, View } from "./view.ts";

/** Changes that come within so long are written together. */
export const GATHER_MS = 100;

/** Keeps the password file of a folder. */
export class Keeper {
  readonly #registry: Registry;
  readonly #conf: ConfOptions;
  readonly #view: View;
  #shown: ReadonlyMap<string, string> | undefined;
  #isAsked = false;
  #isWarned = false;
  readonly #failure = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #reloading: Promise<void> | undefined;

  readonly #mayReload: () => Promise<void>;

  /** Keeps it in step with the registry. `mayReload` resolves when Mosquitto may be told. */
  constructor(
    registry: Registry,
    conf: ConfOptions,
    view: View,
    mayReload: () => Promise<void>,
  ) {
    this.#registry = registry;
    this.#conf = conf;
    this.#view = view;
    this.#mayReload = mayReload;
  }

  /** Aborted when it could not be written; {@link done} says why. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  /** Writes soon, after what is being written now. `ended`: at once. */
  ask(ended: AbortSignal): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#work = this.#work.then(async () => {
      await pause(GATHER_MS, ended);
      this.#isAsked = false;
      await this.write();
    });
    this.#work.catch(() => this.#failure.abort());
  }

  /** Resolves when what was asked for is done. @throws {Error} when it cannot be written. */
  async done(): Promise<void> {
    await this.#work;
    await this.#reloading;
  }

  /** Writes what the registry says now. @throws {Error} when it cannot be written. */
  async write(): Promise<void> {
    const entries = this.#entries();
    const [isFirst, before] = [this.#shown === undefined, this.#shown ?? new Map()];
    const isWritten = await putPasswords(this.#conf.folder, entries);
    this.#shown = entries;
    const difference = isFirst ? undefined : differenceOf(before, entries);
    if (isFirst || isWritten) this.#view.passwords(entries.size, isWritten, difference);
    const { pid } = this.#conf;
    if (isWritten && pid !== undefined) this.#reloading ??= this.#reload(pid, isFirst);
  }

  /** What is written while it waits is read with the rest. */
  async #reload(pid: string, isFirst: boolean): Promise<void> {
    await this.#mayReload();
    this.#reloading = undefined;
    const reload = await reloadMosquitto(pid);
    // At the first time it is no surprise that Mosquitto does not run yet.
    if (!isFirst || "pid" in reload) this.#view.reload(reload);
  }

  /** Those of the registry but one: the engine's name is not for devices. */
  #entries(): ReadonlyMap<string, string> {
    const entries = new Map(this.#registry.entries);
    if (entries.delete(ENGINE_USER) && !this.#isWarned) {
      this.#isWarned = true;
      const why = "that is the engine's name at the broker";
      this.#view.warn(`The device ${ENGINE_USER} is left out: ${why}.`);
    }
    return entries;
  }
}

function differenceOf(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): Difference {
  const devices = [...now.keys()];
  return {
    added: devices.filter((device) => !before.has(device)),
    changed: devices.filter((device) =>
      before.has(device) && before.get(device) !== now.get(device)
    ),
    removed: [...before.keys()].filter((device) => !now.has(device)),
  };
}
