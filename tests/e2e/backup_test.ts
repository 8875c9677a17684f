/** A backup is made while devices report, and a house goes on from it after everything else is lost. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { checkpointText, noteText } from "../../core/evidence/mod.ts";
import { keyOf } from "../../adapters/cli/export/log_checkpoint.ts";
import { sha256 } from "../../adapters/cli/sha256.ts";
import { logIdentity, signWithLogKey } from "../../adapters/host/mod.ts";
import { openSnapshot } from "../../adapters/sqlite/mod.ts";
import { EngineProcess, TOKEN } from "../crash/engine_process.ts";
import { readLog } from "../crash/log_check.ts";
import { atHouse, makeData } from "../support/data_folder.ts";
import { inFolder } from "../support/folder.ts";
import { assertReplays, checksumOf, Operator, randomImage, soon } from "./house.ts";
import { HttpDevice, kindsOf } from "./http_device.ts";
import { ran, spawned } from "./task.ts";

const DEVICES = Array.from({ length: 8 }, (_, n) => `pump-${n}`);
const IMAGE = randomImage(300_000);
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Devices with an upgrade each, in the middle of it, that report until they are told to stop. */
class Fleet {
  readonly devices: HttpDevice[] = [];
  readonly tokens: string[] = [];
  /** The names of the reports that the engine answered, by device, in their order. */
  readonly answered = DEVICES.map((): string[] => []);
  #isOver = false;

  static async of(engine: EngineProcess): Promise<Fleet> {
    const operator = new Operator(() => engine.httpUrl, () => TOKEN);
    const checksum = await operator.upload("2.0.0", IMAGE);
    const fleet = new Fleet();
    for (const id of DEVICES) {
      const token = await operator.register(id);
      const order = { completion: "booted" };
      await operator.order(id, "2.0.0", checksum, order);
      fleet.tokens.push(token);
      fleet.devices.push(new HttpDevice(() => engine.httpUrl, id, token));
    }
    await Promise.all(fleet.devices.map((device) => device.say("request", {})));
    return fleet;
  }

  get count(): number {
    return this.answered.reduce((sum, { length }) => sum + length, 0);
  }

  /** Reports a little more each time, so that each is a fact, until `stop`. */
  async report(): Promise<void> {
    this.#isOver = false;
    await Promise.all(this.devices.map(async (device, n) => {
      while (!this.#isOver) {
        const name = `r${this.answered[n]!.length}`;
        // A device that starts over says less than before: that is a fact each time.
        const received = this.answered[n]!.length % 2 === 0 ? 100_000 : 50_000;
        await device.say("progress", { received, id: name });
        this.answered[n]!.push(name);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }));
  }

  stop(): void {
    this.#isOver = true;
  }
}

Deno.test("backup copies what was acknowledged while devices report; a house goes on from it", async () => {
  await inFolder(async (folder) => {
    const [data, dir, fresh] = ["data", "backup", "fresh"].map((name) => `${folder}/${name}`);
    const backup = await (async () => {
      await using engine = await EngineProcess.on(data!);
      assert.ok(await engine.start(), engine.said);
      const fleet = await Fleet.of(engine);
      const reporting = fleet.report();
      await soon(
        (async () => {
          while (fleet.count < 50) await new Promise((resolve) => setTimeout(resolve, 20));
        })(),
        "50 reports",
      );
      const before = fleet.answered.map((names) => names.length);
      const made = await ran("backup", dir!, "--data", data!, "--json");
      const after = fleet.count;
      fleet.stop();
      await reporting;
      await engine.end("SIGKILL");
      assert.equal(made.code, 0, made.said + made.complained);
      assert.ok(after > before.reduce((sum, n) => sum + n), "nobody reported meanwhile");
      return { fleet, before, ...JSON.parse(made.said) };
    })();

    assert.deepEqual(namesIn(folder), ["backup", "data"]);
    // The token came from the environment.
    assert.deepEqual(namesIn(dir!), ["images", "log.key", "otalog.db"]);
    assert.deepEqual(
      [backup.ok, backup.devices, backup.images, backup.read_models_compared],
      [true, DEVICES.length, 1, true],
    );
    const then = ["--data", dir!, "--at", "20", "--device", DEVICES[0]!, "--json"];
    const asOf = JSON.parse((await ran("replay", ...then)).said);
    assert.deepEqual(
      [asOf.ok, asOf.rows, asOf.as_of.seq, asOf.device.device_id],
      [true, 20, 20, DEVICES[0]],
    );
    const { reports, rows } = await readLog(dir!);
    assert.equal(rows, backup.rows);
    DEVICES.forEach((id, n) => {
      const kept = reports.get(`device/${id}`)!;
      assert.ok(kept.length >= backup.before[n]!, `${id} lost what was acknowledged before`);
      assert.deepEqual(kept, backup.fleet.answered[n]!.slice(0, kept.length), id);
    });

    await Deno.remove(data!, { recursive: true });
    const restored = await ran("restore", dir!, "--data", fresh!);
    assert.equal(restored.code, 0, restored.said + restored.complained);
    assert.match(restored.said, new RegExp(`^What came after row ${rows} is lost: `, "m"));
    assert.equal((await ran("restore", dir!, "--data", fresh!)).code, 1);
    await goOn(fresh!, backup.fleet.tokens[0]);
  });
});

/** The engine on the restored folder takes an upgrade to its end. */
async function goOn(data: string, token: string): Promise<void> {
  await using engine = await EngineProcess.on(data);
  assert.ok(await engine.start(), engine.said);
  const id = DEVICES[0]!;
  const device = new HttpDevice(() => engine.httpUrl, id, token);
  const [metadata] = await device.say("request", {});
  assert.equal(metadata!.topic, `/ota/${id}/metadata`);
  const { url, size, checksum } = metadata!.payload;
  const bytes = await device.bytes(url, 0, size, size);
  assert.equal(checksumOf(bytes), checksum);
  assert.deepEqual(kindsOf(await device.say("verify", { checksum })), ["verified"]);
  const booted = await device.say("status", { status: "booted", version: "2.0.0" });
  assert.deepEqual(kindsOf(booted), ["success"]);
  assert.equal(await engine.end("SIGTERM"), 0);
  await assertReplays(data);
}

/** The newest checkpoint of a log that nobody writes now. */
async function keep(data: string, file: string): Promise<number> {
  const log = openSnapshot(data);
  try {
    const { name: origin } = keyOf(log, data);
    const text = checkpointText({ origin, size: log.count, root: log.hashOf([0, log.count]) });
    const sign = (bytes: Uint8Array) => signWithLogKey(data, bytes);
    await Deno.writeTextFile(file, `${noteText(text, keyOf(log, data), sign, sha256)}\n`);
    return log.count;
  } finally {
    log.close();
  }
}

Deno.test("a log that was restored says so, and verify tells it of a checkpoint that is lost", async () => {
  await inFolder(async (folder) => {
    const [data, fresh, log] = [`${folder}/data`, `${folder}/fresh`, `${folder}/log.jsonl`];
    await makeData(data);
    assert.equal((await ran("backup", `${folder}/backup`, "--data", data)).code, 0);
    const rows = await keep(data, `${folder}/before`);
    for (const id of ["pump-3", "pump-4", "pump-5"]) {
      await atHouse(data, async (operator) => void await operator.register(id));
    }
    const known = await keep(data, `${folder}/behind`);
    assert.equal((await ran("restore", `${folder}/backup`, "--data", fresh)).code, 0);
    // Nothing stands beside the log that does not follow from it.
    await assertReplays(fresh);
    for (let start = 0; start < 2; start++) await atHouse(fresh, () => Promise.resolve());
    const verify = async (checkpoint: string, ...more: string[]) => {
      const { code, said } = await ran("verify", log, "--checkpoint", checkpoint, ...more);
      return [code, said] as const;
    };
    const restored = `^Row ${
      rows + 1
    } says that the log was restored from a backup of ${rows} rows\\. `;
    const wanted = [`the log ends after row ${rows + 5}, and had ${known}`, "the rows 1 to"];
    for (const what of wanted) {
      await Deno.remove(log).catch(() => {});
      assert.equal((await ran("export", "--data", fresh, "--out", log)).code, 0);
      assert.equal((await verify(`${folder}/before`))[0], 0);
      const [code, said] = await verify(`${folder}/behind`);
      assert.equal(code, 1);
      assert.ok(said.includes(what), said);
      assert.match(said, new RegExp(restored, "m"));
      const { fault } = JSON.parse((await verify(`${folder}/behind`, "--json"))[1]);
      assert.equal(fault.restored, rows);
      // Then it grows beyond what it was.
      for (let start = 0; start < 5; start++) await atHouse(fresh, () => Promise.resolve());
    }
    await assertReplays(fresh);
  });
});

/** Resolves when the command has begun to write, and says where. */
async function partIn(folder: string): Promise<string> {
  for (;;) {
    const part = namesIn(folder).find((name) => name.endsWith(".part"));
    if (part) return part;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("a backup that is stopped leaves nothing behind, one that is killed no backup", async () => {
  await inFolder(async (folder) => {
    const [data, dir] = [`${folder}/data`, `${folder}/backup`];
    await atHouse(data, async (operator) => {
      await operator.register("pump-7");
      for (const version of ["1", "2", "3"]) {
        await operator.upload(version, randomImage(60_000_000));
      }
    });
    for (const signal of ["SIGTERM", "SIGINT", "SIGKILL"] as const) {
      const child = spawned("backup", dir, "--data", data);
      const part = await soon(partIn(folder), "the begin of the backup");
      child.kill(signal);
      const { code, stdout, stderr } = await soon(child.output(), "the end of the backup");
      assert.notEqual(code, 0, signal);
      assert.equal(new TextDecoder().decode(stdout), "");
      if (signal === "SIGKILL") assert.deepEqual(namesIn(folder), [part, "data"].sort());
      else {
        assert.equal(new TextDecoder().decode(stderr), "Stopped. Nothing was left behind.\n");
        assert.deepEqual(namesIn(folder), ["data"]);
      }
    }
    // What a killed one left behind is in nobody's way.
    assert.equal((await ran("backup", dir, "--data", data)).code, 0);
    await assertReplays(dir);
  });
});

const damages: [what: string, damage: (backup: string) => Promise<void>, why: RegExp][] = [
  [
    "an image was edited",
    async (backup) => {
      const [name] = namesIn(`${backup}/images`);
      const bytes = await Deno.readFile(`${backup}/images/${name}`);
      bytes[9_999]! ^= 1;
      await Deno.writeFile(`${backup}/images/${name}`, bytes);
    },
    /images\/[0-9a-f]{64}: its bytes are not those of the image\. Name another backup\.$/,
  ],
  [
    "a page of the database was lost",
    async (backup) => {
      const bytes = await Deno.readFile(`${backup}/otalog.db`);
      bytes.fill(0, 8_192, 12_288);
      await Deno.writeFile(`${backup}/otalog.db`, bytes);
    },
    /otalog\.db: it is not a database, or was damaged\. Name another backup\.$/,
  ],
  [
    "a digit of a row was edited",
    (backup) => {
      const editor = new DatabaseSync(`${backup}/otalog.db`);
      editor.exec("update events set data = replace(data, 'pump-1', 'pump-6') where version = 1");
      editor.close();
      return Promise.resolve();
    },
    /: its log is not as it was decided: row \d+ \(device\/pump-1\), .*\. Name another backup, or .*\.$/,
  ],
  [
    "the key is that of another log",
    async (backup) => {
      await Deno.remove(`${backup}/log.key`);
      await logIdentity(backup);
    },
    /log\.key: it is not the key of the log\. Name another backup\.$/,
  ],
];

Deno.test("restore says in one sentence what is wrong with a backup, and makes nothing of it", async () => {
  await inFolder(async (folder) => {
    await makeData(`${folder}/data`);
    for (const [what, damage, why] of damages) {
      const made = await ran("backup", `${folder}/backup`, "--data", `${folder}/data`);
      assert.equal(made.code, 0, made.complained);
      await damage(`${folder}/backup`);
      const { code, said, complained } = await ran(
        ...["restore", `${folder}/backup`, "--data", `${folder}/new`] as const,
      );
      assert.deepEqual([code, said], [1, ""], what);
      assert.match(complained, why, what);
      assert.doesNotMatch(complained, /\n/);
      assert.deepEqual(namesIn(folder), ["backup", "data"], what);
      await Deno.remove(`${folder}/backup`, { recursive: true });
    }
  });
});

Deno.test("backup and restore refuse a folder that is none, and one in the other", async () => {
  await inFolder(async (folder) => {
    await makeData(`${folder}/data`);
    await Deno.mkdir(`${folder}/full`);
    await Deno.writeTextFile(`${folder}/full/notes.txt`, "mine");
    const data = ["--data", `${folder}/data`];
    const table: [args: string[], code: number, sentence: RegExp][] = [
      [["backup", `${folder}/full`, ...data], 1, /full: it is not empty\. Name a folder that is/],
      [["backup", `${folder}/data/b`, ...data], 1, /data\/b: it lies in .*data\. Name a folder/],
      [["backup", `${folder}/b`, "--data", folder], 1, /: it lies in .*\. Name a folder/],
      [["backup", `${folder}/b`, "--data", `${folder}/full`], 1, /full: there is no otalog\.db in/],
      [["backup", ...data], 2, /^DIR is missing\. See deno task backup --help\.$/],
      [
        ["restore", `${folder}/full`, "--data", `${folder}/n`],
        1,
        /full: there is no otalog\.db in/,
      ],
      [
        ["restore", `${folder}/none`, "--data", `${folder}/n`],
        1,
        /none: there is no otalog\.db in/,
      ],
      [["restore", `${folder}/data`, ...data], 1, /data: it is not empty\. Choose another folder/],
      [["restore", ...data], 2, /^BACKUP is missing\. See deno task restore --help\.$/],
      [
        ["restore", `${folder}/data`, "--data", `${folder}/n`, "--checkpoint", `${folder}/none`],
        1,
        /^Cannot use .*none: it does not exist\. Name another file/,
      ],
    ];
    for (const [[name, ...args], code, sentence] of table) {
      const end = await ran(name!, ...args);
      assert.deepEqual([end.code, end.said], [code, ""], end.complained);
      assert.match(end.complained, sentence);
      assert.doesNotMatch(end.complained, /\n/);
    }
    assert.deepEqual([namesIn(folder), namesIn(`${folder}/full`)], [["data", "full"], [
      "notes.txt",
    ]]);
  });
});
