/** The commands as a person runs them, with the permissions they have in `deno.json`. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../../adapters/sqlite/mod.ts";
import { randomImage, soon } from "./house.ts";
import { inFolder } from "../support/folder.ts";
import { ran as task, ROOT, spawned } from "./task.ts";

Deno.test("demo: honest devices reach the newest version, others end as they must, the log is proved", async () => {
  await inFolder(async (folder) => {
    const demo = await task("demo", "--data", `${folder}/data`);
    assert.equal(demo.code, 0, demo.said + demo.complained);
    assert.match(demo.said, /^demo-002 .* {2}1 {5}a connection lost half-way$/m);
    assert.match(demo.said, /^demo-003 {2}succeeded .* {2}2 .*one chunk spoiled$/m);
    assert.match(demo.said, /^demo-006 {2}rolled_back {2}1\.26\.0 .*boots the old image$/m);
    assert.match(demo.said, /^demo-016 {2}succeeded .*over HTTP alone$/m);
    assert.match(demo.said, /^Honest devices that run 1\.27\.0: 18 of 18$/m);
    const ends = "3 rolled_back, 1 timed_out, 1 lost, 2 failed";
    assert.ok(demo.said.includes(`ended as they must: 7 of 7 (${ends})`), demo.said);
    assert.match(demo.said, /The log is as it was decided\./);
    assert.ok(!demo.said.includes("\x1b"), "no colours when not on a terminal");

    const again = await task("demo", "--data", `${folder}/data`);
    assert.deepEqual(again, {
      code: 1,
      said: "",
      complained: `${folder}/data already holds a log. Choose an empty folder with --data.`,
    });

    const replay = await task("replay", "--data", `${folder}/data`, "--device", "demo-003");
    assert.equal(replay.code, 0);
    assert.match(replay.said, /ChunkFailed .*retrying #2 \(bad_chunks\), sendRetry/);
    const json = await task("replay", "--data", `${folder}/data`, "--json");
    const { ok, rows, devices } = JSON.parse(json.said);
    assert.deepEqual([ok, devices], [true, 25]);
    assert.ok(rows > 300);

    const edits: [sql: string, where: RegExp][] = [
      [
        "update tasks set state = 'failed' where number = 1000002",
        /table tasks, row OTA_\d+_002, state\./,
      ],
      [
        "update events set data = replace(data, '1.26.0', '1.20.0') where seq > 20",
        /row \d+ \(device\/demo-0\d\d\), data\./,
      ],
      [
        'update events set bytes = replace(bytes, \'"to":"succeeded"\', \'"to":"failed"\')',
        /row \d+ .*outcome\./,
      ],
      ["delete from events where seq = 30", /row 30 /],
    ];
    const database = await Deno.readFile(`${folder}/data/otalog.db`);
    for (const [sql, where] of edits) {
      await Deno.writeFile(`${folder}/data/otalog.db`, database);
      const editor = new DatabaseSync(`${folder}/data/otalog.db`);
      editor.exec(sql);
      editor.close();
      const found = await task("replay", "--data", `${folder}/data`);
      assert.equal(found.code, 1, sql);
      assert.match(found.said, /^The log is not as it was decided: /);
      assert.match(found.said, where);
      assert.match(found.said, /^expected {2}.+\nfound {5}.+\n +\^$/m);
    }
  });
});

Deno.test("demo: goes to an image of one's own; leaves nothing behind", async () => {
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/own.bin`, randomImage(50_000));
    const demo = await task("demo", "--devices", "1", "--firmware", `${folder}/own.bin`);
    assert.equal(demo.code, 0, demo.said + demo.complained);
    assert.match(demo.said, /^1 device from 1\.26\.0/);
    assert.match(demo.said, /^demo-001 {2}succeeded/m);
    const missing = await task("demo", "--firmware", `${folder}/none.bin`);
    assert.equal(missing.code, 1);
    assert.equal(missing.said, "");
    assert.match(
      missing.complained,
      /^Cannot use .*none\.bin: there is no such file\. Name an image with --firmware\.$/,
    );
  });
});

Deno.test("replay says nothing more to somebody who has stopped reading", async () => {
  await inFolder(async (folder) => {
    await (await openSqlite(folder)).close();
    const child = spawned("replay", "--data", folder);
    await child.stdout.cancel();
    const { code } = await soon(child.status, "the end of replay");
    assert.deepEqual([code, await new Response(child.stderr).text()], [0, ""]);
  });
});

Deno.test("a command that there is not is named", async () => {
  const output = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", "main.ts", "foo"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const { code, stderr } = await soon(output, "the end of foo");
  const sentence =
    "There is no command foo. There are serve, demo, replay, export, verify, archive, backup, restore, erase, simulate, device, ota and broker-config.\n";
  assert.deepEqual([code, new TextDecoder().decode(stderr)], [2, sentence]);
});

Deno.test("replay and device say in one sentence what is wrong", async () => {
  const table: [name: string, args: string[], code: number, sentence: RegExp][] = [
    [
      "replay",
      ["--data", "/nowhere"],
      1,
      /^Cannot use \/nowhere: there is no otalog\.db in it\./,
    ],
    ["replay", ["--on"], 2, /^There is no flag --on\./],
    ["replay", ["--at"], 2, /^--at needs a value\. Give it as --at TIME\|SEQ\.$/],
    ["device", [], 2, /^--url is missing\. Give it as --url URL\.$/],
  ];
  for (const [name, args, code, sentence] of table) {
    const end = await task(name, ...args);
    assert.equal(end.code, code, end.complained);
    assert.match(end.complained, sentence);
    assert.doesNotMatch(end.complained, /\n/);
  }
});

Deno.test("the core's tests get no permission at all", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const command = "deno test --quiet --no-check --no-prompt --parallel tests/core";
  assert.equal(tasks["test:core"].command, command);
});
