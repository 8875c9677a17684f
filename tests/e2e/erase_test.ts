/** Personal data is erased in a log that others have proofs of, and everything is proved as before. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "../support/free_port.ts";
import { inFolder } from "../support/folder.ts";
import { Operator, randomImage, soon } from "./house.ts";
import { Serve, TOKEN } from "./serve.ts";
import { ran } from "./task.ts";

const TEXTS = ["at the lake", "owner was called", "no permission", "second floor", "key is lost"];
const [LAKE, CALLED, PERMISSION, FLOOR, KEY] = TEXTS as [string, string, string, string, string];

/** The command must end so; all that it said. */
async function run(code: number, name: string, ...args: string[]): Promise<string> {
  const { code: found, said, complained } = await ran(name, ...args);
  assert.equal(found, code, said + complained);
  return said + complained;
}

/** An engine in a process of its own, and its folder. */
class Place extends Operator {
  readonly folder: string;
  readonly data: string;
  readonly kept: string;
  readonly url: string;
  readonly #mqtt: number;

  private constructor(folder: string, http: number, mqtt: number) {
    super(() => this.url, () => TOKEN);
    this.folder = folder;
    this.data = `${folder}/data`;
    this.kept = `${folder}/kept`;
    this.url = `http://127.0.0.1:${http}`;
    this.#mqtt = mqtt;
  }

  static async in(folder: string): Promise<Place> {
    await Deno.writeTextFile(`${folder}/token`, TOKEN);
    return new Place(folder, await freePort(), await freePort());
  }

  /** What happens while an engine runs; it publishes a checkpoint at its end. */
  async serving<T>(act: () => Promise<T>): Promise<T> {
    const where = ["--http", new URL(this.url).host, "--mqtt", `127.0.0.1:${this.#mqtt}`];
    await using engine = new Serve(["--data", this.data, "--checkpoints", this.kept, ...where]);
    assert.notEqual(await soon(engine.ready, "ready"), "");
    const result = await act();
    engine.kill("SIGTERM");
    assert.equal((await engine.end()).code, 0);
    return result;
  }

  /** A device with a tag, which fails for these reasons. */
  async told(device_id: string, tag: string, ...reasons: string[]): Promise<void> {
    const { body } = await this.ask("POST", "/devices", { device_id, tags: [tag] });
    const { body: firmware } = await this.ask("GET", "/firmware/2.0.0");
    await this.order(device_id, "2.0.0", firmware.checksum);
    for (
      const [kind, said] of [
        ["request", {}],
        ...reasons.map((reason) => ["status", { status: "failed", reason }] as const),
      ] as const
    ) {
      const response = await fetch(`${this.url}/ota/${device_id}/${kind}`, {
        method: "POST",
        headers: { authorization: `Bearer ${body.token}` },
        body: JSON.stringify(said),
      });
      assert.doesNotMatch(await response.text(), /"topic":"[^"]*\/rejected"/);
    }
  }

  /** The lines of the log. */
  async export(name: string): Promise<string[]> {
    const file = `${this.folder}/${name}`;
    await run(0, "export", "--data", this.data, "--out", file);
    return (await Deno.readTextFile(file)).trimEnd().split("\n");
  }

  /** Those of the texts that stand in any file of the data folder. */
  found(): string[] {
    const files = [...filesIn(this.data)].map((path) => Buffer.from(Deno.readFileSync(path)));
    return TEXTS.filter((text) => files.some((file) => file.includes(text)));
  }

  /** An auditor proves the file, and a replay the folder; what differs, if anything does. */
  async proved(name: string): Promise<string | undefined> {
    const file = `${this.folder}/${name}`;
    const verify = await ran("verify", file, "--checkpoint", this.kept);
    const replays = [await ran("replay", file), await ran("replay", "--data", this.data)];
    const ends = [verify, ...replays];
    if (ends.every(({ code }) => code === 0)) return undefined;
    assert.ok(ends.every(({ code }) => code === 1), "one finds what another does not");
    return ends.map(({ said }) => said).join("");
  }
}

function* filesIn(folder: string): Iterable<string> {
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (isFile) yield `${folder}/${name}`;
    else yield* filesIn(`${folder}/${name}`);
  }
}

const hashOf = (line: string): string => JSON.parse(line).hash;

Deno.test("erase: the texts are gone from the disk, and every proof holds; not so after an edit", async () => {
  await inFolder(async (folder) => {
    const place = await Place.in(folder);
    const { data } = place;
    await place.serving(async () => {
      await place.upload("2.0.0", randomImage(10_000));
      await place.told("lake-1", LAKE, CALLED, PERMISSION);
      await place.told("pump-7", FLOOR, KEY);
    });
    const before = await place.export("before");
    assert.deepEqual(place.found(), TEXTS);
    assert.equal(await place.proved("before"), undefined);

    await place.serving(async () => {
      // Nobody else takes data out of a log that an engine writes.
      const refused = await run(1, "erase", "--device", "lake-1", "--data", data);
      assert.equal(
        refused,
        `Cannot use ${data}: another engine is using it. ` +
          "Ask it with deno task ota device erase lake-1, or stop it.",
      );
      const ota = ["device", "erase", "lake-1", "--url", place.url];
      const said = await run(0, "ota", ...ota, "--token-file", `${folder}/token`);
      assert.match(
        said,
        /^Personal data is erased in 3 rows of lake-1\.\nOut of reach are backups,/,
      );
      assert.deepEqual(place.found(), [FLOOR, KEY]);
      const json = await run(0, "ota", ...ota, "--token-file", `${folder}/token`, "--json");
      assert.deepEqual(JSON.parse(json), { device_id: "lake-1", erased: 0, pending: false });
      const asOf = await place.ask("GET", `/devices/lake-1?at=${before.length}`);
      assert.deepEqual([asOf.status, asOf.body.tags], [200, []]);
    });
    const erase = ["--device", "pump-7", "--data", data];
    assert.match(await run(0, "erase", ...erase), /^Personal data is erased in 2 rows of pump-7\./);
    assert.deepEqual(place.found(), []);
    const again = JSON.parse(await run(0, "erase", ...erase, "--json"));
    assert.deepEqual(again, { device_id: "pump-7", erased: 0, pending: false });

    // The checkpoint of the first engine proves the rows that it knew, as they are now.
    const after = await place.export("after");
    assert.deepEqual(after.slice(0, before.length).map(hashOf), before.map(hashOf));
    assert.equal(after.filter((line, n) => n < before.length && line !== before[n]).length, 5);
    assert.equal(await place.proved("after"), undefined);
    for (const device of ["lake-1", "pump-7"]) {
      const proofs = `${folder}/proofs-${device}`;
      await run(0, "export", "--data", data, "--device", device, "--proofs", "--out", proofs);
      assert.match(await run(0, "verify", proofs), /fits itself/);
    }
    // No checkpoint that was kept has the erasure of pump-7 in it.
    const of = (
      device: string,
    ) => ["--data", data, "--device", device, "--proofs", "--checkpoint", place.kept];
    const proofs = `${folder}/proofs`;
    await run(0, "export", ...of("lake-1"), "--out", proofs);
    const proved = await run(0, "verify", proofs, "--checkpoint", place.kept);
    assert.match(proved, /^What the log says of lake-1 is as it was recorded\.$/m);
    assert.match(
      await run(1, "export", ...of("pump-7")),
      /^Cannot prove that row \d+ was erased: that was after the checkpoint of row \d+ in /,
    );

    // Somebody edits what is left of an erased row, or puts another text there.
    const whole = await Deno.readFile(`${data}/otalog.db`);
    const edits = [
      [`data = replace(data, 'failed', 'rejected') where data like '%"personal"%failed%'`, /data/],
      [`data = '{"status":"failed"}' where data like '%"personal"%failed%'`, /data/],
      [`salt = '' where data like '%"personal"%'`, /salt/],
      [
        `personal = '{"reason":"key is lost","salt":"' || salt || '"}' where data like '%failed%'`,
        /personal/,
      ],
    ] as const;
    for (const [n, [edit, what]] of edits.entries()) {
      await Deno.writeFile(`${data}/otalog.db`, whole);
      const editor = new DatabaseSync(`${data}/otalog.db`);
      assert.notEqual(editor.prepare(`update events set ${edit}`).run().changes, 0);
      editor.close();
      await place.export(`edited-${n}`);
      assert.match(await place.proved(`edited-${n}`) ?? "", what, edit);
    }
  });
});

Deno.test("erase says in one sentence what is wrong, and leaves nothing where there is no log", async () => {
  await inFolder(async (folder) => {
    const missing = await run(1, "erase", "--device", "pump-7", "--data", folder);
    assert.equal(
      missing,
      `Cannot use ${folder}: there is no otalog.db in it. Name a data folder with --data.`,
    );
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    const place = await Place.in(folder);
    await place.serving(() => place.register("pump-7"));
    const nobody = await run(1, "erase", "--device", "nobody", "--data", place.data);
    assert.equal(nobody, "There is no device nobody: nothing can be erased of it.");
    assert.match(await run(2, "erase", "--data", place.data), /^--device is missing\./);
    assert.match(await run(0, "replay", "--data", place.data), /^The log is as it was decided\./);
  });
});
