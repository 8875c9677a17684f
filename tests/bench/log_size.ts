/** What an upgrade leaves behind: rows, and bytes in the exported log and in the database. */
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { lineOf } from "../../core/mod.ts";
import type { SealedRow } from "../../core/mod.ts";
import { openSnapshot } from "../../adapters/sqlite/mod.ts";
import { assertReplays, randomImage } from "../e2e/house.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { LightDevice } from "./light_device.ts";
import type { Login } from "./light_device.ts";
import { serve } from "./serve.ts";
import type { Serve } from "./serve.ts";

/** Progress reports of a device that says how far it is. */
const REPORTS = 5;
const IMAGE_BYTES = REPORTS * 65_536;

/** Whole upgrades over MQTT with the real process, of devices that say how far they are or do not. */
export const logSize: Measurement = {
  name: "log-size",
  summary: "What an upgrade leaves behind: rows, bytes exported, bytes in the database",
  run: async ({ isQuick, runs, folder, say }) => {
    const count = isQuick ? 20 : 200;
    const figures = new Figures();
    for (let run = 1; run <= runs; run++) {
      say(`${2 * count} upgrades, run ${run}`);
      const data = `${folder}/size-${run}`;
      {
        await using engine = await serve(data);
        const checksum = await engine.operator.upload("2.0.0", randomImage(IMAGE_BYTES));
        for (const reports of [REPORTS, 0]) {
          const logins = await registered(engine, count, `with-${reports}`);
          const before = sizeOf(data);
          for (const { id } of logins) await engine.operator.order(id, "2.0.0", checksum);
          await Promise.all(logins.map((login) => upgrade(engine, login, reports)));
          const after = sizeOf(data);
          const name = reports > 0 ? `upgrade with ${reports} progress reports` : "quiet upgrade";
          figures.add(`${name}, rows`, "rows", (after.rows - before.rows) / count);
          const kib = (what: "exported" | "stored") => (after[what] - before[what]) / count / 1024;
          figures.add(`${name}, exported`, "KiB", kib("exported"));
          figures.add(`${name}, in the database`, "KiB", kib("stored"));
        }
      }
      await assertReplays(data);
    }
    return figures.list();
  },
};

async function registered(
  { operator }: Serve,
  count: number,
  prefix: string,
): Promise<readonly Login[]> {
  const logins: Login[] = [];
  for (let n = 0; n < count; n++) {
    const id = `${prefix}-${n}`;
    logins.push({ id, token: await operator.register(id) });
  }
  return logins;
}

/** As the README has it: request, bytes, progress now and then, the digest. A quiet one says less. */
async function upgrade(
  { mqttUrl, operator }: Serve,
  login: Login,
  reports: number,
): Promise<void> {
  const device = await LightDevice.connect(mqttUrl, login);
  await device.subscribe();
  const offer = device.hears("metadata");
  if (reports > 0) await device.report("request", JSON.stringify({ current_version: "1.0.0" }));
  const { url }: { url: string } = JSON.parse((await offer).payload);
  const digest = createHash("sha256");
  const parts = Math.max(reports, 1);
  for (let part = 1; part <= parts; part++) {
    const to = IMAGE_BYTES * part / parts;
    const range = `bytes=${IMAGE_BYTES * (part - 1) / parts}-${to - 1}`;
    const authorization = `Bearer ${login.token}`;
    const response = await fetch(url, { headers: { authorization, range } });
    digest.update(new Uint8Array(await response.arrayBuffer()));
    if (reports > 0) await device.report("progress", JSON.stringify({ received: to }));
  }
  const success = device.hears("success");
  await device.report("verify", JSON.stringify({ checksum: `sha256:${digest.digest("hex")}` }));
  await success;
  // Whoever leaves at once never confirms it.
  const isConfirmed = async () =>
    (await operator.rows(login.id)).at(-1)?.type === "MessageDelivered";
  while (!await isConfirmed()) await new Promise((resolve) => setTimeout(resolve, 10));
  device.close();
}

/** How large the log is, and the database with all that was committed. */
function sizeOf(data: string): { rows: number; exported: number; stored: number } {
  const snapshot = openSnapshot(data);
  const database = new DatabaseSync(`${data}/otalog.db`, { readOnly: true });
  try {
    const figure = (name: string) => Number(database.prepare(`pragma ${name}`).get()?.[name]);
    let exported = 0;
    for (const row of snapshot.rows()) {
      exported += new TextEncoder().encode(lineOf(row as SealedRow)).length + 1;
    }
    return { rows: snapshot.count, exported, stored: figure("page_count") * figure("page_size") };
  } finally {
    database.close();
    snapshot.close();
  }
}
