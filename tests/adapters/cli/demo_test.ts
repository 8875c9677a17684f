import assert from "node:assert/strict";
import { checkDemo, FleetView } from "../../../adapters/cli/mod.ts";
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
  assert.match(last(), /^a {2}chunks fetched again: 0 {9}downloading +attempt 2$/);
  view.show("a", { type: "chunk", index: 0 });
  view.show("a", { type: "state", state: "verifying" });
  assert.match(last(), /^a {2}chunks fetched again: 1 {9}verifying +one chunk spoiled$/);
  view.show("a", { type: "state", state: "succeeded" });
  assert.match(last(), /█{24} 100 % {2}succeeded/);
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

Deno.test("FleetView.summary() heads the last column with what it is", () => {
  const stats = { attempts: 2, bytesFetched: 1_024, cuts: 0 };
  const end = { outcome: "succeeded", stats };
  const view = new FleetView(new Paper(false), 1, 100);
  assert.equal(
    view.summary([{ id: "a", trouble: "one chunk spoiled", version: "2", end }]),
    "device  outcome    runs  attempts  fetched  cuts  trait\n" +
      "a       succeeded  2     2         1 KiB    0     one chunk spoiled",
  );
});
