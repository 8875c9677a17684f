/** What a device makes of messages that are late, lost or about something else. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../../adapters/device/mod.ts";
import type { DeviceEnd } from "../../../adapters/device/mod.ts";
import { soon } from "../../e2e/house.ts";
import { inScript } from "./script.ts";
import type { Answers, Message, Script } from "./script.ts";

const TASK = "OTA_20230801_001";
const CHECKSUM = `sha256:${"0".repeat(64)}`;

/** A device that has a task in hand from before its start; what it says is answered so. */
async function began(
  answers: Answers,
  story: (script: Script, run: Promise<DeviceEnd>) => Promise<void>,
  more: object = {},
): Promise<void> {
  await inScript(answers, async (script) => {
    const { folder, url } = script;
    const task = { id: TASK, checksum: CHECKSUM, size: 100, missing: [], ...more };
    await Deno.writeTextFile(`${folder}/pump-7.json`, JSON.stringify({ version: "1", task }));
    await Deno.writeFile(`${folder}/pump-7.bin`, new Uint8Array(100));
    const device = new VirtualDevice({
      id: "pump-7",
      token: "t",
      mqttUrl: "",
      httpUrl: url,
      transport: "http",
      folder,
    });
    const off = new AbortController();
    const run = device.run(off.signal);
    run.catch(() => {});
    try {
      await story(script, run);
    } finally {
      off.abort(new Error("Switched off"));
      await run.catch(() => {});
    }
  });
}

const idle = (state: string): Message => [
  "idle",
  { last: { task_id: TASK, state, version: "2" }, ask_again_seconds: 1 },
];

for (
  const [state, outcome, reason] of [
    ["succeeded", "succeeded"],
    ["cancelled", "cancelled"],
    ["rolled_back", "failed", "rolled_back"],
  ] as const
) {
  Deno.test(`a device that missed that its task ${state} learns it from idle`, async () => {
    await began(() => [idle(state)], async (script, run) => {
      const end = await soon(run, "the end");
      assert.deepEqual([end.outcome, end.taskId, end.reason], [outcome, TASK, reason]);
      const { version, task } = JSON.parse(await Deno.readTextFile(`${script.folder}/pump-7.json`));
      assert.deepEqual([version, task], [state === "succeeded" ? "2" : "1", null]);
    });
  });
}

Deno.test("a device waits on when the last task was another", async () => {
  const other = { last: { task_id: "OTA_20230801_002", state: "failed" } };
  await began(() => [["idle", other]], async ({ until, push }, run) => {
    await until("GET messages?wait=30");
    push(["success", { task_id: TASK, version: "2" }]);
    assert.equal((await soon(run, "the end")).outcome, "succeeded");
  });
});

Deno.test("a device that is told that its task has ended asks how", async () => {
  const boot = { version: "2", reportId: "boot", reports: true };
  const refused: Message = ["rejected", { code: "ended", reason: "It has.", task_id: TASK }];
  const answers: Answers = (kind) => kind === "status" ? [refused] : [idle("lost")];
  await began(answers, async (script, run) => {
    const end = await soon(run, "the end");
    assert.deepEqual([end.outcome, end.reason], ["failed", "lost"]);
    assert.deepEqual(script.asked.filter((it) => it.startsWith("POST")), [
      "POST status",
      "POST request",
    ]);
  }, { boot });
});

Deno.test("a device says what it booted again, under the same id, until it is answered", async () => {
  let times = 0;
  const boot = { version: "2", reportId: "boot", reports: true };
  const answers: Answers = () => ++times === 1 ? 503 : [["failed", { task_id: TASK }]];
  await began(answers, async ({ reports, push, until }, run) => {
    await until("POST status");
    // The line is lost as well; the device comes back and says it again.
    push(["success", { task_id: "OTA_20230801_009" }]);
    await soon(run, "the end", 10_000);
    assert.deepEqual(reports.map(({ id, status, version }) => [id, status, version]), [
      ["boot", "booted", "1"],
      ["boot", "booted", "1"],
    ]);
  }, { boot });
});
