/** What the operators' commands say of devices and orders that do not go the usual way. */
import assert from "node:assert/strict";
import { inHouse, randomImage } from "./house.ts";
import type { Stage } from "./house.ts";
import { json, ota, run, untilText } from "./ota_cli.ts";
import { Paper } from "../adapters/cli/paper.ts";

/** The check of a client that only fetches, and of what it may fetch the first bytes, or all. */
async function checks(
  stage: Stage,
  id: string,
  token: string,
  version: string,
  bytes?: number,
): Promise<number> {
  const url = `${stage.house.httpUrl}/ota/${id}/update?current_version=${version}`;
  const authorization = `Bearer ${token}`;
  const range = bytes === undefined ? undefined : { range: `bytes=0-${bytes - 1}` };
  const response = await fetch(url, { headers: { authorization, ...range } });
  await response.arrayBuffer();
  return response.status;
}

Deno.test("ota upgrade says so when the order ended at once, and what to do", async () => {
  await inHouse(async (stage) => {
    for (const version of ["1.0.0", "2.0.0"]) await stage.upload(version, randomImage(1_000));
    await checks(stage, "st", await stage.register("st"), "2.0.0");
    const sentence =
      /^Error: OTA_\d{8}_\d{3} brings nothing, it is superseded already: the device runs a newer version\. Add --allow-downgrade if 1\.0\.0 is meant\.$/;
    await assert.rejects(ota(stage, "upgrade", "st", "1.0.0"), sentence);
    await assert.rejects(ota(stage, "upgrade", "st", "1.0.0", "--watch"), sentence);

    const paper = new Paper(false);
    assert.equal(await run(stage, paper, "upgrade", "st", "1.0.0", "--json"), false);
    const task = JSON.parse(paper.text);
    assert.deepEqual([task.state, task.reason], ["superseded", "newer_version"]);
    assert.deepEqual(task, await stage.task(task.task_id));

    const down = ["upgrade", "st", "1.0.0", "--allow-downgrade"];
    assert.match(await ota(stage, ...down), /^OTA_\S+ brings 1\.0\.0 to st\.$/);
    const [open] = await json(stage, "task", "list", "--state", "queued");
    assert.deepEqual([open.device_id, open.version], ["st", "1.0.0"]);
  });
});

Deno.test("ota shows what a device that only fetches was given, and all when it succeeded", async () => {
  await inHouse(async (stage) => {
    const checksum = await stage.upload("2.0.0", randomImage(1_000_000));
    const token = await stage.register("st");
    await checks(stage, "st", token, "1.0.0");
    const task = await stage.order("st", "2.0.0", checksum);
    const paper = new Paper(true, false);
    const watched = run(stage, paper, "watch", task);
    assert.equal(await checks(stage, "st", token, "1.0.0", 430_000), 206);

    await untilText(paper, / 43 % given +downloading/);
    const { received, fetched } = await stage.task(task);
    assert.deepEqual([received, fetched], [0, 430_000]);
    assert.match(await ota(stage, "task", "list"), / +image +.*\n.* 43 % given +/);
    assert.match(
      await ota(stage, "device", "show", "st"),
      /^Downloading 2\.0\.0: 43 % given out, attempt 1 of 4\.$/m,
    );

    assert.equal(await checks(stage, "st", token, "1.0.0"), 200);
    assert.equal(await checks(stage, "st", token, "2.0.0"), 304);
    assert.equal(await watched, true);
    await untilText(paper, / 100 % stored +succeeded/);
    assert.match(await ota(stage, "task", "list"), / succeeded .* 100 % stored +/);
  });
});

Deno.test("ota says what to do in its own words, not in those of HTTP", async () => {
  await inHouse(async (stage) => {
    await ota(stage, "device", "add", "a", "--product", "Bob's pump");
    await ota(stage, "device", "add", "b");
    const add = (version: string, ...product: string[]) =>
      `Upload it with ${
        ["deno task ota firmware add FILE --version", version, ...product].join(" ")
      }.`;
    const checksum = `--checksum=sha256:${"0".repeat(64)}`;
    const refused: [args: string[], sentence: string][] = [
      [["device", "add", "a"], "Its token is renewed with deno task ota device token a."],
      [["device", "show", "c"], "Register it first with deno task ota device add."],
      [["upgrade", "c", "2.0.0", checksum], "Register it first with deno task ota device add."],
      [["upgrade", "a", "2.0.0"], add("2.0.0", "--product 'Bob'\\''s pump'")],
      [["upgrade", "a", "2.0.0", checksum], add("2.0.0", "--product 'Bob'\\''s pump'")],
      [["upgrade", "b", "2.0.0"], add("2.0.0")],
      [["upgrade", "b", "2.0.0", checksum], add("2.0.0")],
    ];
    for (const [args, sentence] of refused) {
      await assert.rejects(ota(stage, ...args), ({ message }: Error) => {
        assert.ok(message.endsWith(` ${sentence}`), message);
        return true;
      });
    }
  });
});
