/** Read models as cells: the one projection that the running store and a replay share. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { canonicalJson, deadlineOf, isTerminal, toHex } from "../../core/mod.ts";
import type { Device, Image, Task } from "../../core/mod.ts";
import type { Models } from "../../core/engine/mod.ts";

/** Writes read models through prepared statements of one connection. */
export class ModelsWriter {
  readonly #device: StatementSync;
  readonly #dropTokens: StatementSync;
  readonly #token: StatementSync;
  readonly #task: StatementSync;
  readonly #sameTask: StatementSync;
  readonly #image: StatementSync;
  readonly #release: StatementSync;

  constructor(database: DatabaseSync) {
    this.#device = database.prepare(
      `insert into devices (device_id, state, owed) values (?, ?, ?)
       on conflict (device_id) do update set state = excluded.state, owed = excluded.owed`,
    );
    this.#dropTokens = database.prepare("delete from tokens where device_id = ?");
    this.#token = database.prepare(
      "insert or replace into tokens (sha256, device_id, valid_until) values (?, ?, ?)",
    );
    this.#task = database.prepare(
      `insert into tasks
         (task_id, number, device_id, image, state, ended_at, due_at, limit_ms, task)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (task_id) do update set state = excluded.state, ended_at = excluded.ended_at,
         due_at = excluded.due_at, limit_ms = excluded.limit_ms, task = excluded.task`,
    );
    // SQLite writes the entries of every index anew whose columns are set, though to the same.
    this.#sameTask = database.prepare(
      "update tasks set due_at = ?, limit_ms = ?, task = ? where task_id = ? and state = ?",
    );
    this.#image = database.prepare(
      "insert or replace into images (sha256, size, sha1, md5, header) values (?, ?, ?, ?, ?)",
    );
    this.#release = database.prepare(
      `insert into releases (version, product, sha256, named_at, header_ignored)
       values (?, ?, ?, ?, ?)`,
    );
  }

  /** Writes them; `tokens`: whether the device's tokens may have changed. */
  write({ device, tasks, image, release }: Models, tokens: boolean): void {
    if (device) this.#writeDevice(device, tokens);
    for (const task of tasks ?? []) this.#writeTask(task);
    if (image) this.#writeImage(image);
    if (release) {
      const { version, product, sha256, namedAt, headerIgnored } = release;
      this.#release.run(version, product ?? "", sha256, namedAt, headerIgnored ? 1 : 0);
    }
  }

  #writeImage({ sha256, size, sha1, md5, header }: Image): void {
    this.#image.run(sha256, size, sha1, md5, header ? canonicalJson(header) : null);
  }

  #writeDevice(device: Device, tokens: boolean): void {
    this.#device.run(device.id, canonicalJson(device), device.owed.length);
    if (!tokens) return;
    this.#dropTokens.run(device.id);
    for (const { sha256, validUntil } of device.tokens) {
      this.#token.run(sha256, device.id, validUntil);
    }
  }

  #writeTask(task: Task): void {
    const deadline = deadlineOf(task);
    const [due, limitMs, text] = [
      deadline?.due ?? null,
      deadline?.limitMs ?? null,
      canonicalJson(task),
    ];
    const { changes } = this.#sameTask.run(due, limitMs, text, task.id, task.state);
    if (changes === 1) return;
    this.#task.run(
      task.id,
      task.policy.number,
      task.device,
      toHex(task.policy.image),
      task.state,
      isTerminal(task) ? task.updatedAt : null,
      due,
      limitMs,
      text,
    );
  }
}
