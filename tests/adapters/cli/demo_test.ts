import assert from "node:assert/strict";
import { checkDemo, FleetView, isAsItMust, summary } from "../../../adapters/cli/mod.ts";
import type { FleetEnd } from "../../../adapters/cli/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { Paper } from "./paper.ts";

Deno.test("checkDemo() refuses firmware that is none, in a sentence", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/empty`, "");
    await Deno.writeTextFile(`${folder}/good`, "x");
    const check = (name: string) =>
      checkDemo({ devices: 1, firmware: `${folder}/${name}`, data: undefined });
    await check("good");
    for (
      const [name, why] of [
        ["empty", "it is empty"],
        ["none", "there is no such file"],
        [".", "it is a folder, not a file"],
      ]
    ) {
      const message = `Cannot use ${folder}/${name}: ${why}. Name an image with --firmware.`;
      await assert.rejects(check(name!), { message });
    }
  });
});

Deno.test("checkDemo() refuses a folder that already holds a log", async () => {
  await inFolder(async (data) => {
    const options = { devices: 1, firmware: undefined, data };
    await checkDemo(options);
    await Deno.writeTextFile(`${data}/otalog.db`, "");
    await assert.rejects(checkDemo(options), {
      message: `${data} already holds a log. Choose an empty folder with --data.`,
    });
  });
});

Deno.test("FleetView shows no bar while chunks are fetched again", () => {
  const paper = new Paper(true, false);
  const view = new FleetView(paper, 1, 100);
  const last = () => paper.text.trimEnd().split("\x1b[2K").at(-1)!;
  view.begin("a", "one chunk spoiled");
  view.show("a", { type: "state", state: "downloading", detail: "attempt 1" });
  view.show("a", { type: "chunk", index: 0 });
  view.show("a", { type: "stored", received: 100, size: 100 });
  assert.match(last(), /█{24} 100 % {2}downloading/);
  view.show("a", { type: "state", state: "verifying" });
  view.show("a", { type: "state", state: "downloading", detail: "attempt 2" });
  assert.match(
    last(),
    /^a {2}chunks fetched again: 0 {9}downloading +one chunk spoiled \(attempt 2\)$/,
  );
  view.show("a", { type: "chunk", index: 0 });
  view.show("a", { type: "state", state: "verifying" });
  assert.match(last(), /^a {2}chunks fetched again: 1 {9}verifying +one chunk spoiled$/);
  view.end("a", "succeeded", "");
  assert.match(last(), /█{24} 100 % {2}succeeded +one chunk spoiled$/);
});

Deno.test("FleetView shows the bar again when everything is fetched anew", () => {
  const paper = new Paper(false);
  const view = new FleetView(paper, 1, 100);
  view.begin("a", "");
  view.show("a", { type: "stored", received: 100, size: 100 });
  view.show("a", { type: "state", state: "verifying" });
  view.show("a", { type: "state", state: "downloading", detail: "attempt 2" });
  view.show("a", { type: "stored", received: 50, size: 100 });
  view.show("a", { type: "state", state: "cut" });
  assert.match(paper.text, /█{12}░{12} {2}50 % {2}cut\n$/);
});

Deno.test("FleetView shows how the engine took it, not how the device did", () => {
  const paper = new Paper(false);
  const view = new FleetView(paper, 1, 100);
  view.begin("a", "boots the old image");
  view.show("a", { type: "state", state: "connecting", detail: "to 127.0.0.1:1" });
  view.show("a", { type: "stored", received: 100, size: 100 });
  view.show("a", { type: "state", state: "failed", detail: "other_version" });
  view.end("a", "rolled_back", "other_version");
  const line = `a  ${"█".repeat(24)} 100 %  rolled_back  boots the old image (other_version)\n`;
  assert.equal(paper.text, line);
});

const stats = { attempts: 2, bytesFetched: 1_024, cuts: 0 };
const honest = { id: "a", trait: "one chunk spoiled", version: "2", state: "succeeded", stats };
const lost = { id: "b", trait: "", version: "1", state: "lost", ends: "lost", stats };

Deno.test("summary() has a line for each device, and counts the honest and the others", () => {
  assert.equal(
    summary([honest, lost], "2"),
    "device  ended      runs  attempts  fetched  cuts  trait\n" +
      "a       succeeded  2     2         1 KiB    0     one chunk spoiled\n" +
      "b       lost       1     2         1 KiB    0\n" +
      "\n" +
      "Honest devices that run 2: 1 of 1\n" +
      "Misbehaving devices that ended as they must: 1 of 1 (1 lost)",
  );
});

Deno.test("summary() says which device did not end as it must", () => {
  const said = summary([{ ...honest, version: "1" }, { ...lost, state: "failed" }], "2");
  assert.match(said, /^a .*one chunk spoiled \(must be succeeded\)$/m);
  assert.match(said, /^b .*\(must be lost\)$/m);
  assert.match(said, /^Honest devices that run 2: 0 of 1$/m);
  assert.match(said, /must: 0 of 1 \(1 failed\)$/);
});

const judged: [end: FleetEnd, asItMust: boolean, what: string][] = [
  [honest, true, "an honest device that runs the new version"],
  [{ ...honest, version: "1" }, false, "an honest device that runs the old version"],
  [{ ...honest, state: "failed" }, false, "an honest device whose task failed"],
  [lost, true, "a device that was to be lost, and is"],
  [{ ...lost, state: "succeeded" }, false, "a device that was to be lost, and succeeded"],
  [{ ...lost, version: "2" }, false, "a device that is lost with the new version"],
];

for (const [end, asItMust, what] of judged) {
  Deno.test(`isAsItMust() is ${asItMust} for ${what}`, () =>
    assert.equal(isAsItMust(end, "2"), asItMust));
}
