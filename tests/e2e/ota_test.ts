/** The operators' commands against a whole engine, and as a person runs them. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import { UsageError } from "../../adapters/cli/mod.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";
import { json, ota, run, untilText } from "./ota_cli.ts";
import { Paper } from "../adapters/cli/paper.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("ota takes a device from nothing to an order, shows it, and takes the order back", async () => {
  await inHouse(async (stage) => {
    const image = randomImage(300_000);
    await Deno.writeFile(`${stage.folder}/pump.bin`, image);
    const file = `${stage.folder}/pump.bin`;

    const added = await ota(
      stage,
      ...["device", "add", "pump-7", "--product", "pump", "--tag", "a", "--tag", "b c"],
    );
    assert.match(added, /^pump-7 is known\. Its token, shown this once:\n[A-Za-z0-9]{32}$/);
    const [plain] = await json(stage, "device", "add", "pump-8");
    assert.deepEqual(Object.keys(plain), ["device_id", "token"]);
    const [rotated] = await json(stage, "device", "token", "pump-8", "--overlap", "60");
    assert.notEqual(rotated.token, plain.token);

    // Other bytes under the same version without a product: the product's own are meant.
    await stage.upload("2.0.0", randomImage(10));
    const product = ["--product", "pump"];
    const stored = await ota(stage, "firmware", "add", file, "--version", "2.0.0", ...product);
    assert.equal(stored, `2.0.0 of pump is stored: 293 KiB, ${checksumOf(image)}`);
    const again = await ota(stage, "firmware", "add", file, "--version", "2.0.0", ...product);
    assert.match(again, /was there already with the same bytes/);
    assert.equal((await json(stage, "firmware", "list")).length, 2);

    const limits = ["--limit", "offered=60", "--limit", "paused=90"];
    const more = ["--priority", "security", "--retries", "1", "--chunk-size", "64", ...limits];
    const ordered = await ota(stage, "upgrade", "pump-7", "2.0.0", ...more, "--completion=booted");
    const [, task] = /^(OTA_\d{8}_001) brings 2\.0\.0 to pump-7\.$/.exec(ordered)!;
    const [queued] = (await stage.rows("pump-7")).filter(({ type }) => type === "TaskQueued");
    const { image: checksum, limits_ms, ...policy } = queued!.data;
    assert.equal(checksum, checksumOf(image));
    assert.deepEqual([limits_ms.offered, limits_ms.paused], [60_000, 90_000]);
    assert.deepEqual(
      [policy.priority, policy.retries, policy.chunk_bytes, policy.completion],
      ["security", 1, 65_536, "booted"],
    );

    const list = await ota(stage, "task", "list", "--device", "pump-7", "--state", "queued");
    assert.match(
      list,
      new RegExp(`^task .*\n${task} +pump-7 +2\\.0\\.0 +queued +1 of 2 +0 % stored`),
    );
    assert.equal(await ota(stage, "task", "list", "--state", "failed"), "There are none.");
    const about = await ota(stage, "device", "show", "pump-7");
    assert.match(about, /^2\.0\.0 waits until the device listens or asks: it was never heard\.$/m);
    assert.match(about, /new → queued +ordered +Queued 2\.0\.0: .* security and 1 retry\.$/m);
    assert.equal(await ota(stage, "task", "cancel", task!), `${task} is cancelled.`);
    const [{ device, current, items }] = await json(stage, "device", "show", "pump-7");
    assert.deepEqual(
      [device.device_id, current.reason, items.at(-1).to],
      ["pump-7", "cancelled_by_operator", "cancelled"],
    );
    const [first] = await stage.rows("pump-7");
    const then = ["device", "show", "pump-7", "--at", `${queued!.seq}`];
    const [asOf] = await json(stage, ...then);
    assert.deepEqual(
      [asOf.device.queue, asOf.device.as_of.seq, asOf.items.at(-1).to],
      [[task], queued!.seq, "queued"],
    );
    assert.match(await ota(stage, ...then), /^As of row \d+ of 20.*Z\.$/m);
    await assert.rejects(
      ota(stage, "device", "show", "pump-7", "--at", `${first!.seq - 1}`),
      /^ApiError: Device pump-7 was not known then\. It is known since .* \(row \d+\)\.$/,
    );
    await assert.rejects(ota(stage, "device", "show", "pump-7", "--at", "now"), UsageError);
    const devices = await ota(stage, "device", "list");
    assert.match(devices, /^device .*\npump-7 +pump .* a, b c\npump-8 /);
    await ota(stage, "device", "revoke", "pump-8");
    assert.match(await ota(stage, "device", "list"), /^pump-8 .* revoked /m);
    assert.match(await ota(stage, "device", "show", "pump-8"), / {2}registered → revoked {2}/);

    const { body } = await stage.ask("GET", "/events?limit=500");
    assert.deepEqual(await json(stage, "events"), body.items);
    const events = await ota(stage, "events");
    assert.match(events, /^\d+ +\S+Z {4,}engine +EngineStarted /m);
    assert.match(events, /^\d+ +\S+Z {2}pump-7 +operator:api +DeviceRegistered /m);
    assert.equal(
      (await ota(stage, "events", "--after", "3")).split("\n").length,
      body.items.length - 3,
    );
  });
});

Deno.test("ota upload of many pieces arrives whole, and a refused one ends", async () => {
  await inHouse(async (stage) => {
    const [first, second] = [randomImage(5_000_000), randomImage(5_000_000)];
    for (const [name, image] of [["a", first], ["b", second]] as const) {
      await Deno.writeFile(`${stage.folder}/${name}`, image);
    }
    const add = (name: string) =>
      ota(stage, "firmware", "add", `${stage.folder}/${name}`, "--version", "1");
    assert.match(await add("a"), new RegExp(`4\\.8 MiB, ${checksumOf(first)}$`));
    await assert.rejects(add("b"), /^ApiError: Version 1 is other bytes already\./);
    await assert.rejects(add("none"), /^Error: Cannot upload .*none: there is no such file\./);
    await assert.rejects(add(""), /^Error: Cannot upload .*: it is not a file\./);
    await assert.rejects(ota(stage, "watch", "x"), UsageError);
  });
});

/** Lets a virtual device take its task to the end. */
async function live(stage: Stage, id: string, token: string, faults = {}): Promise<void> {
  const { mqttUrl } = stage.house;
  const folder = `${stage.folder}/device`;
  const device = new VirtualDevice({ id, token, mqttUrl, folder, version: "1.0.0", ...faults });
  await soon(device.run(), `the end of ${id}`);
}

/** The states that a watch named, in order, with what stands behind them. */
const states = (text: string) =>
  text.trimEnd().split("\n").map((line) => line.replace(/^.* % stored {2}/, ""));

Deno.test("ota watch shows each change of a task, and ends as it ends", async () => {
  await inHouse(async (stage) => {
    const [good, bad] = [await stage.register("pump-7"), await stage.register("pump-8")];
    await stage.upload("2.0.0", randomImage(200_000));
    const paper = new Paper(false);
    const watched = run(stage, paper, "upgrade", "pump-7", "2.0.0", "--watch");
    await live(stage, "pump-7", good);
    assert.equal(await watched, true);
    const seen = states(paper.text);
    assert.equal(seen.at(-1), "succeeded");
    const order = ["queued", "offered", "downloading", "verifying", "succeeded"];
    assert.deepEqual(seen, order.slice(-seen.length));

    const [ordered] = await json(stage, "upgrade", "pump-8", "2.0.0", "--retries", "1");
    const { task_id } = ordered;
    const [plain, lines, programs] = [new Paper(false), new Paper(false), new Paper(false)];
    const three = Promise.all([
      run(stage, plain, "watch"),
      run(stage, lines, "watch", "--device", "pump-8"),
      run(stage, programs, "watch", task_id, "--json"),
    ]);
    for (const paper of [plain, lines, programs]) await untilText(paper);
    await live(stage, "pump-8", bad, { corruptAlways: true });
    assert.deepEqual(await three, [false, false, false]);
    assert.equal(plain.text, lines.text);
    assert.deepEqual(states(lines.text), [
      "queued",
      "offered",
      "downloading",
      "verifying",
      "retrying (wrong_digest)  attempt 2 of 2",
      "downloading  attempt 2 of 2",
      "verifying  attempt 2 of 2",
      "failed (wrong_digest)  attempt 2 of 2",
    ]);
    const last = JSON.parse(programs.text.trimEnd().split("\n").at(-1)!);
    assert.deepEqual(last, (await stage.ask("GET", `/tasks/${task_id}`)).body);

    // Of what has ended the end is said, at once.
    const again = new Paper(false);
    assert.equal(await run(stage, again, "watch", task_id), false);
    assert.deepEqual(states(again.text), ["failed (wrong_digest)  attempt 2 of 2"]);
    assert.equal(await ota(stage, "watch"), "No task is open.");
  });
});

Deno.test("ota events --follow shows new rows as they come, until nobody reads any more", async () => {
  await inHouse(async (stage) => {
    const paper = new Paper(false);
    const wanted = (await stage.ask("GET", "/events")).body.items.length + 2;
    const closing = Object.defineProperty(paper, "isClosed", {
      get: () => paper.text.split("\n").length > wanted,
    });
    const followed = run(stage, closing, "events", "--follow", "--json");
    await untilText(paper);
    await stage.register("pump-7");
    assert.equal(await followed, true);
    const rows = paper.text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(rows, (await stage.ask("GET", "/events")).body.items);
    assert.equal(rows.at(-1).type, "TokenIssued");
  });
});

/** The command as a task, with the permissions it has there. */
function spawned(stage: Stage, ...args: string[]): Deno.ChildProcess {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const [, ...words] = tasks.ota.command.split(" ");
  const { httpUrl, operator } = stage.house;
  return new Deno.Command(Deno.execPath(), {
    args: [...words, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", OTALOG_URL: httpUrl, OTALOG_OPERATOR_TOKEN: operator.token },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function ended(child: Deno.ChildProcess) {
  const { code, stdout, stderr } = await soon(child.output(), "the end of ota", 60_000);
  const text = new TextDecoder();
  return { code, said: text.decode(stdout), complained: text.decode(stderr) };
}

Deno.test("ota as a task: exit codes 0, 1 and 2, one sentence each, quiet on a closed pipe", async () => {
  await inHouse(async (stage) => {
    await Deno.writeFile(`${stage.folder}/a`, randomImage(1_000));
    const add = ["firmware", "add", `${stage.folder}/a`, "--version", "1"];
    const [stored, unknown, wrong] = await Promise.all([
      ended(spawned(stage, ...add)),
      ended(spawned(stage, "task", "show", "OTA_20230801_001")),
      ended(spawned(stage, "task", "list", "--state", "lots")),
    ]);
    assert.deepEqual([stored.code, stored.complained], [0, ""]);
    const complained = "There is no task OTA_20230801_001.\n";
    assert.deepEqual(unknown, { code: 1, said: "", complained });
    assert.equal(wrong.code, 2);
    assert.match(wrong.complained, /^--state must be one of queued, .*\n$/);
    const piped = spawned(stage, "events");
    await piped.stdout.cancel();
    const { code } = await soon(piped.status, "the end of events", 60_000);
    assert.deepEqual([code, await new Response(piped.stderr).text()], [0, ""]);
  });
});
