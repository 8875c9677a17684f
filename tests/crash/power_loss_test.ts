/** Power is lost at any moment; what was acknowledged before must be there afterwards. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { hashBytes } from "../../core/mod.ts";
import type { RowHeader, SealedRow } from "../../core/mod.ts";
import { logIdentity, machineDigest, makeDataFolder } from "../../adapters/host/mod.ts";
import { openSqlite } from "../../adapters/sqlite/mod.ts";
import { drawn } from "./draw.ts";
import type { Draw } from "./draw.ts";
import { Disk, fates } from "./power_disk.ts";
import { trace } from "./power_trace.ts";
import type { Deed } from "./power_trace.ts";
import type { Control } from "./power_writer.ts";

const STATES = 2_000;
/** A control shows its fault much sooner. */
const CONTROL_STATES = 300;
/** Where they lie; there are no folders below. */
const IMAGES = "data/images/";
const rowsByHash = new Map<string, Pick<RowHeader, "prev"> & { readonly bytes: string }>();
const digests = new WeakMap<Uint8Array, string>();
const WRITER = new URL("power_writer.ts", import.meta.url);

/** Memory is as good a disk as any other for what a simulated one left behind. */
async function inMemory<T>(story: (folder: string) => Promise<T>): Promise<T> {
  const dir = await Deno.stat("/dev/shm").then(() => "/dev/shm", () => undefined);
  const folder = await Deno.makeTempDir(dir === undefined ? {} : { dir });
  try {
    return await story(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What the writer does, from its first system call to its last. */
async function traceOf(control: Control): Promise<Deed[]> {
  return await inMemory(async (folder) => await trace(WRITER, [`${folder}/data`, control], folder));
}

/** Loses power `states` times; what was wrong afterwards, each with where it was. */
async function* losePower(
  deeds: readonly Deed[],
  states: number,
  draw: Draw,
): AsyncIterable<string> {
  const points = Array.from({ length: states }, () => 1 + draw.below(deeds.length));
  points.sort((a, b) => a - b);
  const disk = new Disk();
  const acknowledged = new Map<number, string>();
  let done = 0;
  for (const point of points) {
    for (; done < point; done++) {
      disk.do(deeds[done]!);
      for (const [seq, hash] of rowsIn(deeds[done]!)) acknowledged.set(seq, hash);
    }
    const fate = draw.of(fates);
    const found = await inMemory(async (folder) => {
      const images = new Map<string, Uint8Array>();
      for (const [path, bytes] of disk.lose(fate, draw)) {
        if (bytes === "folder") Deno.mkdirSync(`${folder}/${path}`);
        // Only this test reads them again, and they are much more than all the rest.
        else if (path.startsWith(IMAGES)) images.set(path.slice(IMAGES.length), bytes);
        else Deno.writeFileSync(`${folder}/${path}`, bytes);
      }
      return await firstFault(`${folder}/data`, images, acknowledged);
    });
    if (found) yield `after ${point} of ${deeds.length}, ${fate}: ${found}`;
  }
}

function rowsIn(deed: Deed): [seq: number, hash: string][] {
  return deed.type === "said" && deed.text.startsWith("ACK ") ? JSON.parse(deed.text.slice(4)) : [];
}

/** What is not as it must be in a data folder that power was taken from. */
async function firstFault(
  data: string,
  images: ReadonlyMap<string, Uint8Array>,
  acknowledged: ReadonlyMap<number, string>,
): Promise<string | undefined> {
  await makeDataFolder(data);
  try {
    const { store, close } = await openSqlite(data);
    try {
      const { log } = await store.open();
      if (log !== null && (await logIdentity(data)).log !== log) {
        return "the key of the log is lost";
      }
    } finally {
      await close();
    }
  } catch (error) {
    return (error as Error).message;
  }
  const database = new DatabaseSync(`${data}/otalog.db`);
  try {
    const { integrity_check } = database.prepare("pragma integrity_check").get()!;
    if (integrity_check !== "ok") return String(integrity_check);
    const rows = database.prepare("select * from events order by seq").all();
    return wrongRow(rows as unknown as SealedRow[], acknowledged) ??
      wrongImage(rows as unknown as SealedRow[], images);
  } finally {
    database.close();
  }
}

function wrongRow(
  rows: readonly SealedRow[],
  acknowledged: ReadonlyMap<number, string>,
): string | undefined {
  const heads = new Map<string, string>();
  for (const [index, { seq, stream, bytes, hash }] of rows.entries()) {
    const isChained = seq === index + 1 && prevOf(bytes, hash) === (heads.get(stream) ?? null);
    if (!isChained) return `row ${seq} is not chained`;
    heads.set(stream, hash);
  }
  const lost = [...acknowledged].filter(([seq, hash]) => rows[seq - 1]?.hash !== hash);
  return lost.length > 0 ? `${lost.length} acknowledged rows are lost` : undefined;
}

/** What the row follows; `undefined`: it has another hash. A row that was read before is known by it. */
function prevOf(bytes: string, hash: string): string | null | undefined {
  const known = rowsByHash.get(hash);
  if (known?.bytes === bytes) return known.prev;
  if (hashBytes(bytes, machineDigest.sha256) !== hash) return undefined;
  const { prev } = JSON.parse(bytes) as RowHeader;
  rowsByHash.set(hash, { bytes, prev });
  return prev;
}

/** Rows that were not acknowledged count, too: bytes are durable before any row names them. */
function wrongImage(
  rows: readonly SealedRow[],
  images: ReadonlyMap<string, Uint8Array>,
): string | undefined {
  for (const { stream } of rows) {
    if (!stream.startsWith("image/")) continue;
    const sha256 = stream.slice("image/".length);
    const bytes = images.get(sha256);
    if (!bytes) return `image ${sha256} is lost`;
    if (digestOf(bytes) !== sha256) return `image ${sha256} is not whole`;
  }
}

/** Nobody changes what is durable: it is read once, however often it survives. */
function digestOf(bytes: Uint8Array): string {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const digest = createHash("sha256").update(bytes).digest("hex");
  digests.set(bytes, digest);
  return digest;
}

Deno.test("power loss at 2,000 moments loses nothing that was acknowledged", async () => {
  await drawn("power loss", async (draw) => {
    const deeds = await traceOf("none");
    assert.ok(deeds.some((deed) => rowsIn(deed).length > 0), "The writer acknowledged nothing.");
    const wrong = await Array.fromAsync(losePower(deeds, STATES, draw));
    assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${STATES} states are wrong`);
    console.log(`${STATES} states of ${deeds.length} steps, 0 wrong`);
  });
});

const controls: readonly [Control, leftOut: string, shows: RegExp][] = [
  ["commits", "each commit (synchronous=NORMAL)", /acknowledged rows are lost/],
  ["images", "an image", /is not whole/],
  ["names", "the folder of the images", /image \w+ is lost/],
];

for (const [control, leftOut, shows] of controls) {
  Deno.test(`power loss shows it when the sync of ${leftOut} is left out`, async () => {
    await drawn("power loss", async (draw) => {
      const seen: string[] = [];
      for await (const fault of losePower(await traceOf(control), CONTROL_STATES, draw)) {
        if (shows.test(fault)) return;
        seen.push(fault);
      }
      assert.fail(seen[0] ?? "nothing is wrong");
    });
  });
}
