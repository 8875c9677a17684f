/** What a device makes of messages that are late, lost or about something else. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { VirtualDevice } from "../../../adapters/device/mod.ts";
import type { DeviceEnd, DeviceEvent } from "../../../adapters/device/mod.ts";
import { soon } from "../../e2e/house.ts";
import { inScript } from "./script.ts";
import type { Answers, Message, Script } from "./script.ts";

const TASK = "OTA_20230801_001";
const OTHER = "OTA_20230801_002";
const CHECKSUM = `sha256:${createHash("sha256").update(new Uint8Array(100)).digest("hex")}`;

/** A device that has a task in hand from before its start; what it says is answered so. */
async function began(
  answers: Answers,
  story: (script: Script, run: Promise<DeviceEnd>, events: DeviceEvent[]) => Promise<void>,
  more: object = {},
  aside: object | null = null,
): Promise<void> {
  await inScript(answers, async (script) => {
    const { folder, url } = script;
    const task = { id: TASK, checksum: CHECKSUM, size: 100, missing: [], ...more };
    const kept = { version: "1", task, aside };
    await Deno.writeTextFile(`${folder}/pump-7.json`, JSON.stringify(kept));
    if (aside) await Deno.writeFile(`${folder}/pump-7.aside`, new Uint8Array(100));
    await Deno.writeFile(`${folder}/pump-7.bin`, new Uint8Array(100));
    const events: DeviceEvent[] = [];
    const device = new VirtualDevice({
      id: "pump-7",
      token: "t",
      mqttUrl: "",
      httpUrl: url,
      transport: "http",
      folder,
      onEvent: (event) => void events.push(event),
    });
    const off = new AbortController();
    const run = device.run(off.signal);
    run.catch(() => {});
    try {
      await story(script, run, events);
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

const metadata = (script: Script, task_id: string): Message => [
  "metadata",
  {
    ...{ task_id, url: `${script.url}/image`, size: 100, checksum: CHECKSUM, attempt: 1 },
    ...{ chunk_bytes: 256, completion: "verified", version: "2" },
  },
];

const keptBy = async ({ folder }: Script) =>
  JSON.parse(await Deno.readTextFile(`${folder}/pump-7.json`));

/** Resolves when the device has nothing in hand, and that task aside. */
async function putAside(script: Script, id: string): Promise<void> {
  for (;;) {
    const { task, aside } = await keptBy(script);
    if (task === null && aside?.id === id) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

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
      const { version, task } = await keptBy(script);
      assert.deepEqual([version, task], [state === "succeeded" ? "2" : "1", null]);
    });
  });
}

Deno.test("a device waits on when the last task was another", async () => {
  const other = { last: { task_id: OTHER, state: "failed" } };
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
    await soon(run, "the end");
    assert.deepEqual(reports.map(({ id, status, version }) => [id, status, version]), [
      ["boot", "booted", "2"],
      ["boot", "booted", "2"],
    ]);
  }, { boot });
});

Deno.test("a device that is offered what it has booted says so again", async () => {
  let times = 0;
  const boot = { version: "2", reportId: "boot", reports: true };
  const success: Message = ["success", { task_id: TASK, version: "2" }];
  await began(() => ++times === 1 ? [] : [success], async (script, run) => {
    await script.until("POST status");
    script.push(metadata(script, TASK));
    await soon(run, "the end");
    const said = script.reports.map(({ id, status }) => `${id} ${status}`);
    assert.deepEqual(said, ["boot booted", "boot booted"]);
  }, { boot });
});

Deno.test("a preempted device puts aside what it stored, and goes on with it when it is offered", async () => {
  await began(() => [], async (script, run) => {
    const { push, until } = script;
    push(metadata(script, TASK));
    await until("POST verify");
    push(["cancel", { task_id: TASK, reason: "preempted" }]);
    await soon(putAside(script, TASK), "the task put aside");
    push(metadata(script, TASK));
    await until("POST verify", 2);
    push(["success", { task_id: TASK, version: "2" }]);
    assert.equal((await soon(run, "the end")).taskId, TASK);
    assert.equal((await keptBy(script)).aside, null);
  });
});

const asideTask = { id: OTHER, checksum: CHECKSUM, size: 100, missing: [] };

for (
  const [what, last] of [
    ["there is no other", undefined],
    ["the other has ended, too", { task_id: OTHER, state: "superseded", version: "1.5" }],
  ] as const
) {
  Deno.test(`a device whose urgent task succeeded ends with it when ${what}`, async () => {
    let times = 0;
    const answers: Answers = () => ++times === 1 ? [] : [["idle", last ? { last } : {}]];
    await began(
      answers,
      async (script, run) => {
        await script.until("POST request");
        script.push(["success", { task_id: TASK, version: "2" }]);
        const end = await soon(run, "the end");
        assert.deepEqual([end.outcome, end.taskId], ["succeeded", TASK]);
      },
      {},
      asideTask,
    );
  });
}

Deno.test("a device learns its version from a success that comes after the next offer", async () => {
  await began(
    () => [],
    async (script, run) => {
      const { push, until } = script;
      push(metadata(script, TASK));
      await until("POST verify");
      push(metadata(script, OTHER));
      await until("POST verify", 2);
      push(["success", { task_id: TASK, version: "2" }]);
      await until("DELETE messages/3");
      push(["failed", { task_id: OTHER, reason: "wrong_digest" }]);
      assert.equal((await soon(run, "the end")).taskId, OTHER);
      assert.equal((await keptBy(script)).version, "2");
    },
    {},
    asideTask,
  );
});

Deno.test("a device takes the end of its task once, and begins it no more when it is offered late", async () => {
  let script: Script;
  const says = (id: string): Message => ["success", { task_id: id, version: "2" }];
  const offers: Message[][] = [[], []];
  const answers: Answers = (kind, { task_id }) =>
    kind === "request"
      ? offers.shift() ?? []
      : task_id === TASK
      ? [says(TASK), says(TASK), metadata(script, TASK)]
      : [says(OTHER)];
  const story = async (it: Script, run: Promise<DeviceEnd>, events: DeviceEvent[]) => {
    script = it;
    offers.splice(0, 2, [metadata(it, TASK)], [metadata(it, OTHER)]);
    it.push(metadata(it, TASK));
    await soon(run, "the end");
    const states = events.flatMap((event) => event.type === "state" ? [event.state] : []);
    const both = states.filter((state) => state === "downloading" || state === "succeeded");
    assert.deepEqual(both, ["downloading", "succeeded", "downloading", "succeeded"]);
  };
  const aside = { id: OTHER, checksum: CHECKSUM, size: 100, missing: [] };
  await began(answers, story, {}, aside);
});
