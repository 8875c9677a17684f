/**
 * The page for firmware engineers: it names every word of the protocol, its figures are true, and its
 * client runs as it is written.
 */
import assert from "node:assert/strict";
import {
  askSchemas,
  CHUNK_WINDOW_BYTES,
  CHUNK_WINDOW_PARTS,
  DIGESTS_MAX,
  messageQos,
  PART_BYTES_MAX,
  PART_BYTES_MIN,
  PARTS_MAX,
  PARTS_WAITING_MAX,
  REJECTED_CODES,
  reportSchemas,
} from "../../core/mod.ts";
import type { MessageKind } from "../../core/mod.ts";
import { completion } from "../../core/protocol/operators.ts";
import { DEVICE_STATUSES } from "../../core/protocol/reports.ts";
import { defaultLimitsS } from "../../core/upgrade/policy.ts";
import { taskStates } from "../../core/upgrade/task.ts";
import { inHouse } from "../e2e/house.ts";
import type { Stage } from "../e2e/house.ts";
import { aimedAt, blockOf, documentOf, ignoresShell, runShell } from "./examples.ts";
import {
  bytesOf,
  chunkPacketBytes,
  digestsOf,
  largest,
  packetBytes,
  retryOf,
} from "./largest_messages.ts";

const page = await documentOf("firmware/README.md");

const messageKinds = Object.keys(messageQos) as MessageKind[];

/** The rows of the table under a heading, as cells. */
function rowsUnder(heading: string): string[][] {
  const from = page.indexOf(`\n${heading}\n`);
  assert.ok(from >= 0, `the page has no heading ${heading}`);
  const section = page.slice(from + 1).split(/\n##+ /, 1)[0]!;
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  return rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

/** The row whose first cell names the word. */
function rowOf(heading: string, word: string): string[] {
  const row = rowsUnder(heading).find(([first]) => first!.split(", ").includes(`\`${word}\``));
  assert.ok(row, `${heading} has no row for ${word}`);
  return row;
}

Deno.test("the page has a row for every report and ask, with every member that its schema knows", () => {
  for (const [kind, { shape }] of Object.entries({ ...reportSchemas, ...askSchemas })) {
    const [, , json] = rowOf("## What you say", kind);
    for (const member of Object.keys(shape)) {
      assert.match(json!, new RegExp(`\\b${member}\\b`), kind);
    }
  }
});

Deno.test("the page has a row for every message, with its QoS, its members and its size", () => {
  const baseUrl = "h".repeat(200);
  for (const kind of messageKinds) {
    const [, qos, json, atMost] = rowOf("## What you hear", kind);
    assert.equal(qos, String(messageQos[kind]), kind);
    const message = largest(kind, baseUrl);
    for (const member of Object.keys(message.payload)) {
      assert.match(json!, new RegExp(`\\b${member}\\b`), kind);
    }
    const bytesMax = numberOf(/^([\d,]+) bytes$/.exec(atMost!)![1]!);
    const bytes = bytesOf(message);
    assert.ok(bytes <= bytesMax, `${kind} has up to ${bytes} bytes`);
    assert.ok(bytes > bytesMax / 3, `${kind} has no more than ${bytes} bytes`);
  }
});

function numberOf(figure: string): number {
  return Number(figure.replaceAll(",", ""));
}

Deno.test("the buffer that the page advises holds every packet of a device that keeps to its figures", () => {
  const advice =
    /a buffer of ([\d,]+) bytes holds.* than ([\d,]+) bad.* than ([\d,]+) digests.* than ([\d,]+) bytes\./s;
  const words = page.replaceAll(/\s+/g, " ");
  const [buffer, bad, digests, part] = advice.exec(words)!.slice(1).map(numberOf);
  const device = `/ota/${"d".repeat(64)}`;
  const special = new Map([["retry", retryOf(bad!)], ["chunks", digestsOf(digests!)]]);
  for (const kind of messageKinds) {
    const message = special.get(kind) ?? largest(kind, "h".repeat(200));
    assert.ok(packetBytes(`${device}/${kind}`, bytesOf(message)) <= buffer!, kind);
  }
  assert.ok(chunkPacketBytes(device, part!) <= buffer!);
  assert.ok(packetBytes(`${device}/chunks`, bytesOf(digestsOf(digests! + 2))) > buffer!);
  assert.ok(bytesOf(retryOf(0)) <= 128);
});

Deno.test("the page's figures of bytes over MQTT are those of the engine", () => {
  const section = page.slice(page.indexOf("### Bytes over MQTT")).split(/\n##+ /)[0]!;
  const figures = [
    [/up to (\d+) of them/, PARTS_MAX],
    [/each has (\d+) to/, PART_BYTES_MIN],
    [/to ([\d,]+) bytes, the last/, PART_BYTES_MAX],
    [/no message of ([\d,]+) bytes/, PART_BYTES_MAX],
    [/more than (\d+) KiB/, CHUNK_WINDOW_BYTES / 1_024],
    [/KiB and (\d+) parts/, CHUNK_WINDOW_PARTS],
    [/and (\d+) parts wait/, PARTS_WAITING_MAX],
  ] as const;
  const words = section.replaceAll(/\s+/g, " ");
  for (const [where, figure] of figures) {
    assert.equal(numberOf(where.exec(words)![1]!), figure, where.source);
  }
  const [, , json] = rowOf("## What you say", "chunk/request");
  assert.match(json!, new RegExp(`up to ${PARTS_MAX}\\b`));
  assert.match(
    rowOf("## What you say", "chunks/request")[2]!,
    new RegExp(`up to ${DIGESTS_MAX}\\b`),
  );
  const chunk = rowOf("## What you hear", "chunk/{task_id}/{offset}");
  assert.deepEqual([chunk[1], numberOf(chunk[3]!.split(" ")[0]!)], ["1", PART_BYTES_MAX]);
});

Deno.test("the page says what to do on every code of a refusal", () => {
  for (const code of REJECTED_CODES) assert.ok(rowOf("### rejected", code)[1]);
});

Deno.test("the page says what every state, status and completion means", () => {
  for (const state of taskStates) assert.ok(rowOf("### The states that you may see", state)[1]);
  for (const status of DEVICE_STATUSES) assert.ok(rowOf("## What you say", status)[1]);
  const heading = "## Completion: which evidence the engine waits for";
  for (const word of completion.options) assert.ok(rowOf(heading, word)[1]);
});

Deno.test("the page names the limits that hold by default", () => {
  const heading = "## Time limits and good manners";
  const { downloading_total, ...limits } = defaultLimitsS;
  for (const [state, seconds] of Object.entries(limits)) {
    const limit = rowOf(heading, state)[1]!;
    assert.ok(limit === inWords(seconds) || limit.startsWith(`${inWords(seconds)} `), state);
  }
  assert.match(
    rowOf(heading, "downloading")[1]!,
    new RegExp(`${inWords(downloading_total)} in all`),
  );
});

function inWords(seconds: number): string {
  if (seconds % 86_400 === 0 && seconds > 86_400) return `${seconds / 86_400} d`;
  return seconds % 3_600 === 0 ? `${seconds / 3_600} h` : `${seconds / 60} min`;
}

/** What the page's client said when it ran the example, and what came of its task. */
async function runExample(stage: Stage, example: string) {
  await Deno.writeTextFile(
    `${stage.folder}/device.sh`,
    aimedAt(stage, blockOf(page, "file: device.sh")),
  );
  const blocks = ["example: operator", `example: ${example}`].map((mark) => blockOf(page, mark));
  const said = await runShell(stage, aimedAt(stage, blocks.join("\n")));
  const task = (await stage.ask("GET", "/tasks")).body.items[0];
  const { fetched } = (await stage.ask("GET", `/tasks/${task.task_id}/transfer`)).body;
  const heard = [...said.matchAll(/^([a-z]+) \{/gm)].map(([, kind]) => kind);
  return { heard, task, fetched };
}

const MISSING = 500_000;
const CHUNK = 65_536;

Deno.test({
  name: "the page's update over MQTT alone fetches each byte once and succeeds",
  ignore: ignoresShell,
  fn: () =>
    inHouse(async (stage) => {
      const blocks = ["operator", "bytes"].map((example) => blockOf(page, `example: ${example}`));
      const said = await runShell(stage, aimedAt(stage, blocks.join("\n")));
      assert.match(said, /"task_id":"OTA_\d+_001","version":"2.0.0"/);
      const task = (await stage.ask("GET", "/tasks")).body.items[0];
      assert.equal(task.state, "succeeded");
      const { fetched, attempts: [attempt] } =
        (await stage.ask("GET", `/tasks/${task.task_id}/transfer`)).body;
      assert.deepEqual([fetched, attempt.repeated, attempt.requests], [2_000_000, 0, 31]);
      const stored = await Deno.readFile(`${stage.folder}/image`);
      assert.deepEqual(stored, await Deno.readFile(`${stage.folder}/firmware.bin`));
    }),
});

const stories = [
  {
    example: "mqtt",
    name: "over MQTT resumes after a cut, repairs one corrupt chunk and succeeds",
    heard: ["metadata", "retry", "success"],
    attempt: 2,
    fetched: MISSING + CHUNK,
  },
  {
    example: "booted",
    name: "over MQTT installs what is verified, reboots and succeeds",
    heard: ["metadata", "verified", "success"],
    attempt: 1,
    fetched: 2_000_000,
  },
  {
    example: "http",
    name: "over HTTP alone resumes, repairs, reboots and succeeds",
    heard: ["metadata", "retry", "verified", "success"],
    attempt: 2,
    fetched: MISSING + CHUNK,
  },
];

for (const { example, name, ...expected } of stories) {
  Deno.test({
    name: `the page's client ${name}`,
    ignore: ignoresShell,
    fn: () =>
      inHouse(async (stage) => {
        const { heard, task, fetched } = await runExample(stage, example);
        assert.equal(task.state, "succeeded");
        assert.deepEqual({ heard, attempt: task.attempt, fetched }, expected);
      }),
  });
}
