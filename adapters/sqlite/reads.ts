/** Committed state for people and programs, on a connection of its own that only reads. */
import type { Kysely } from "kysely";
import { deviceStream, personalIn } from "../../core/mod.ts";
import type { Device, FactType, SealedRow, Task, TaskStateName } from "../../core/mod.ts";
import type { Firmware, Image, Page, PageQuery, Reads } from "../../core/engine/mod.ts";
import { imageOf, releaseOf } from "./image_row.ts";
import type { CountsTable, ImagesTable, ReleasesTable, Tables } from "./schema.ts";

type TaskQuery = PageQuery & { device?: string | undefined; state?: string | undefined };

/** Reads through Kysely. */
export class SqliteReads implements Reads {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async deviceByToken(tokenSha256: string, now: number): Promise<string | undefined> {
    const row = await this.#db.selectFrom("tokens").selectAll()
      .where("sha256", "=", tokenSha256).executeTakeFirst();
    return row && (row.valid_until === null || row.valid_until > now) ? row.device_id : undefined;
  }

  async device(id: string): Promise<Device | undefined> {
    const row = await this.#db.selectFrom("devices").select("state")
      .where("device_id", "=", id).executeTakeFirst();
    return row && JSON.parse(row.state);
  }

  async devices({ limit, after = "" }: PageQuery): Promise<Page<Device>> {
    const rows = await this.#db.selectFrom("devices").selectAll()
      .where("device_id", ">", after).orderBy("device_id").limit(limit + 1).execute();
    return page(rows, limit, (row) => JSON.parse(row.state) as Device, (row) => row.device_id);
  }

  async tags(devices: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const rows = await this.#db.selectFrom("events").select(["stream", "personal"])
      .where("stream", "in", devices.map(deviceStream)).where("version", "=", 1).execute();
    return new Map(
      rows.map(({ stream, personal }) => [
        stream.slice(deviceStream("").length),
        personalIn(personal)?.tags ?? [],
      ]),
    );
  }

  async task(id: string): Promise<Task | undefined> {
    const row = await this.#db.selectFrom("tasks").select("task")
      .where("task_id", "=", id).executeTakeFirst();
    return row && JSON.parse(row.task);
  }

  async tasks({ limit, after = "0", device, state }: TaskQuery): Promise<Page<Task>> {
    let query = this.#db.selectFrom("tasks").select(["number", "task"])
      .where("number", ">", Number(after)).orderBy("number").limit(limit + 1);
    if (device !== undefined) query = query.where("device_id", "=", device);
    if (state !== undefined) query = query.where("state", "=", state);
    const rows = await query.execute();
    return page(rows, limit, (row) => JSON.parse(row.task) as Task, (row) => String(row.number));
  }

  async firmware(product: string | null, version: string): Promise<Firmware | undefined> {
    const rows = await this.#firmwares().where("version", "=", version)
      .where("product", "in", [product ?? "", ""]).orderBy("product", "desc").execute();
    return rows[0] && toFirmware(rows[0]);
  }

  async firmwares({ limit, after = "" }: PageQuery): Promise<Page<Firmware>> {
    const bar = after.indexOf("|");
    const [version, product] = [after.slice(0, bar), after.slice(bar + 1)];
    const rows = await this.#firmwares()
      .where((eb) =>
        eb.or([
          eb("version", ">", version),
          eb.and([eb("version", "=", version), eb("product", ">", product)]),
          // The first page begins with the first release, whatever it is called.
          eb.lit(after === ""),
        ])
      )
      .orderBy("version").orderBy("product").limit(limit + 1).execute();
    return page(rows, limit, toFirmware, (row) => `${row.version}|${row.product}`);
  }

  async image(sha256: string): Promise<Image | undefined> {
    const row = await this.#db.selectFrom("images").selectAll()
      .where("sha256", "=", sha256).executeTakeFirst();
    return row && imageOf(row);
  }

  async mayFetch(device: string, sha256: string, since: number): Promise<boolean> {
    const row = await this.#db.selectFrom("tasks").select("task_id")
      .where("device_id", "=", device).where("image", "=", sha256)
      .where((eb) => eb.or([eb("ended_at", "is", null), eb("ended_at", ">=", since)]))
      .limit(1).executeTakeFirst();
    return row !== undefined;
  }

  async lastSeq(): Promise<number> {
    const last = this.#db.selectFrom("events").select((e) => e.fn.max("seq").as("seq"));
    return (await last.executeTakeFirst())?.seq ?? 0;
  }

  async newest(stream: string, type: FactType): Promise<SealedRow | undefined> {
    // Found from the end, with the index of streams: what is looked for is not far from there.
    const row = await this.#db.selectFrom("events").selectAll()
      .where("stream", "=", stream).where("bytes", "like", `%"type":"${type}"%`)
      .orderBy("version", "desc").limit(1).executeTakeFirst();
    return row && { ...row };
  }

  async rows(stream: string | undefined, after: number, limit: number): Promise<SealedRow[]> {
    const query = this.#db.selectFrom("events").selectAll();
    const wanted = stream === undefined
      ? query.where("seq", ">", after).orderBy("seq")
      : query.where("stream", "=", stream).where("version", ">", after).orderBy("version");
    return (await wanted.limit(limit).execute()).map((row) => ({ ...row }));
  }

  async taskCounts(): Promise<Partial<Record<TaskStateName, number>>> {
    const rows = await this.#counts("tasks");
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }

  async owedMessages(): Promise<number> {
    return (await this.#counts("messages"))[0]?.n ?? 0;
  }

  #counts(what: CountsTable["what"]) {
    return this.#db.selectFrom("counts").select(["state", "n"]).where("what", "=", what).execute();
  }

  #firmwares() {
    return this.#db.selectFrom("releases")
      .innerJoin("images", "images.sha256", "releases.sha256")
      .select(["version", "product", "named_at", "header_ignored"])
      .select(["images.sha256", "size", "sha1", "md5", "header"]);
  }
}

function toFirmware(row: ReleasesTable & ImagesTable): Firmware {
  return { ...releaseOf(row), image: imageOf(row) };
}

/** One row more than asked for was read: it says whether there is a next page. */
function page<R, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
  cursor: (row: R) => string,
): Page<T> {
  const items = rows.slice(0, limit).map(item);
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? { items, next: cursor(last) } : { items };
}
