/** A newer engine finds the data folder of an older one: it looks before it takes over. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import manifest from "../../deno.json" with { type: "json" };
import { copyWith } from "../support/edited_core.ts";
import type { Edit } from "../support/edited_core.ts";
import { inFolder } from "../support/folder.ts";
import { assertReplays, Operator, randomImage, soon } from "./house.ts";
import { Serve, TOKEN } from "./serve.ts";
import { ran, ROOT } from "./task.ts";

const OLD = "0.0.9";
const LOOPBACK = ["--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"];

/** The older one believes no device that says that it failed. */
const changed: Edit = {
  file: "upgrade/transitions.ts",
  find: 'export const deviceFailed = spent(says("failed"), "device_failed", "failed");',
  replace: 'export const deviceFailed = spent(says("failed"), "device_rejected", "failed");',
};

/** A copy of the whole project in the folder, of another version. */
async function olderIn(folder: string, edits: readonly Edit[]): Promise<URL> {
  await copyWith({ name: "an older version", edits }, join(folder, "core"));
  for (const part of ["adapters", "commands", "firmware", "main.ts", "deno.lock"]) {
    await cp(new URL(part, ROOT), join(folder, part), { recursive: true });
  }
  const older = JSON.stringify({ ...manifest, version: OLD });
  await Deno.writeTextFile(join(folder, "deno.json"), older);
  return pathToFileURL(`${folder}/`);
}

/** What a device says over HTTP. */
async function says(url: string, device: string, token: string, ...reports: [string, object][]) {
  for (const [kind, payload] of reports) {
    const response = await fetch(`${url}/ota/${device}/${kind}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(payload),
    });
    assert.equal(response.status, 200, await response.text());
  }
}

/** An engine of that project writes a log: one device fails an attempt, another one succeeds. */
async function written(data: string, root: URL): Promise<void> {
  await using engine = new Serve(["--data", data, ...LOOPBACK], root);
  const url = /http=(\S+)/.exec(await soon(engine.ready, "ready", 60_000))![1]!;
  const operator = new Operator(() => url, () => TOKEN);
  const checksum = await operator.upload("2.0.0", randomImage(5_000));
  for (
    const [device, said] of [["pump-1", ["status", { status: "failed" }]], ["pump-2"]] as const
  ) {
    const token = await operator.register(device);
    await operator.order(device, "2.0.0", checksum);
    const end: [string, object] = ["verify", { checksum }];
    await says(url, device, token, ["request", {}], ...said ? [said as typeof end] : [], end);
  }
  engine.kill("SIGTERM");
  const { code, said } = await engine.end();
  assert.deepEqual([code, said], [0, ""]);
}

/** Starts our own engine on the folder, with these flags; what it shows before it is ready. */
async function started(data: string, ...flags: string[]): Promise<string> {
  await using engine = new Serve(["--data", data, ...LOOPBACK, ...flags]);
  const ready = await soon(engine.ready, "ready");
  engine.kill("SIGTERM");
  const { code, said } = await engine.end();
  assert.deepEqual([code, said], [0, ""], engine.shown);
  return engine.shown.slice(0, engine.shown.indexOf(ready));
}

async function bytesOf(data: string): Promise<string> {
  return (await Deno.readFile(`${data}/otalog.db`)).toBase64();
}

Deno.test("serve refuses a log that it would have decided otherwise, unless that is accepted", async () => {
  await inFolder(async (folder) => {
    const data = `${folder}/data`;
    await written(data, await olderIn(`${folder}/older`, [changed]));
    const before = await bytesOf(data);

    const refused = await ran("serve", "--data", data, ...LOOPBACK);
    assert.equal(refused.code, 1);
    const [title, head, line, ...rest] = refused.said.split("\n");
    const { version } = manifest;
    const what = `otalog ${version} takes over from otalog ${OLD}: `;
    assert.match(title!, new RegExp(`^${what}\\d+ rows decided again, 1 stream otherwise:$`));
    assert.match(head!, /^row +stream +the log says +otalog \S+ would decide$/);
    const row =
      /^(\d+) +device\/pump-1 +\S+ offered → retrying #2 \(device_rejected\), sendRetry +/;
    assert.match(line!, row);
    assert.match(line!, /\S+ offered → retrying #2 \(device_failed\), sendRetry$/);
    assert.deepEqual(rest, [""]);
    assert.match(
      refused.complained,
      /^Cannot take over from otalog 0\.0\.9: .* 1 stream of the log otherwise\. Start the former /,
    );
    assert.equal(await bytesOf(data), before);

    assert.match(await started(data, "--take-over"), /\n\d+ +device\/pump-1 [^]*\nAccepted: /);
    const replay = await ran("replay", "--data", data);
    assert.equal(replay.code, 1);
    const seq = row.exec(line!)![1]!;
    assert.ok(replay.said.startsWith("The log is not as it was decided: "), replay.said);
    assert.ok(replay.said.includes(`row ${seq} (device/pump-1), outcome.`), replay.said);
    // From now on the log is of this version.
    assert.equal(await started(data), "");
  });
});

Deno.test("serve takes over by itself what it would have decided so, and says one line, once", async () => {
  await inFolder(async (folder) => {
    const data = `${folder}/data`;
    await written(data, await olderIn(`${folder}/older`, []));
    const line = `otalog ${manifest.version} takes over from otalog ${OLD}: `;
    const shown = await started(data);
    assert.match(shown, new RegExp(`^${line}\\d+ rows decided again, all the same\n$`));
    assert.equal(await started(data), "");
    await assertReplays(data);
  });
});
