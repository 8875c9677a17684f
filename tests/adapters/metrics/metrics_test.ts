import assert from "node:assert/strict";
import { factSchemas, taskStates } from "../../../core/mod.ts";
import { createMetrics } from "../../../adapters/metrics/mod.ts";

function figures() {
  return createMetrics({
    reads: {
      taskCounts: () => Promise.resolve({ queued: 3, lost: 1 }),
      owedMessages: () => Promise.resolve(7),
    },
    connections: () => ({ mqtt: 5, http: 2 }),
  });
}

/** The samples of a text, by name and labels. */
async function samples(metrics: ReturnType<typeof figures>): Promise<Map<string, number>> {
  const { contentType, text } = await metrics.scrape();
  assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => line.split(" ") as [string, string]).map(([k, v]) => [k, +v]));
}

Deno.test("scrape() has every state, kind, code and fact from the start", async () => {
  const all = await samples(figures());
  const values = (name: string) => {
    const found = [...all.keys()].filter((key) => key.startsWith(`${name}{`));
    return found.map((key) => /="(.*)"/.exec(key)![1]!);
  };
  assert.deepEqual(values("otalog_tasks"), [...taskStates]);
  assert.deepEqual(values("otalog_facts_total"), Object.keys(factSchemas));
  assert.deepEqual(
    values("otalog_inputs_total"),
    ["report", "ask", "network", "contact", "call", "artifact", "delivered", "deadline", "command"],
  );
  assert.equal(values("otalog_rejected_total").length, 10);
  assert.deepEqual(values("otalog_connections"), ["mqtt", "http"]);
});

Deno.test("scrape() reads what is a state now, and counts what was heard", async () => {
  const metrics = figures();
  metrics.observer.committed!({ inputs: 2, rows: 3, ms: 4 });
  metrics.observer.recorded!("TaskQueued");
  metrics.observer.decided!({ kind: "command" });
  metrics.observer.decided!({ kind: "report", rejected: "wrong_phase" });
  metrics.served(16_384);
  metrics.served(100);
  metrics.observer.gave!(1_000);
  metrics.sentAway();
  const all = await samples(metrics);
  const expected = {
    'otalog_tasks{state="queued"}': 3,
    'otalog_tasks{state="lost"}': 1,
    'otalog_tasks{state="offered"}': 0,
    "otalog_owed_messages": 7,
    'otalog_connections{transport="mqtt"}': 5,
    'otalog_connections{transport="http"}': 2,
    'otalog_commit_seconds_bucket{le="0.0025"}': 0,
    'otalog_commit_seconds_bucket{le="0.005"}': 1,
    "otalog_commit_seconds_sum": 0.004,
    'otalog_facts_total{type="TaskQueued"}': 1,
    'otalog_inputs_total{kind="command"}': 1,
    'otalog_inputs_total{kind="report"}': 1,
    'otalog_rejected_total{code="wrong_phase"}': 1,
    "otalog_artifact_bytes_total": 17_484,
    "otalog_sent_away_total": 1,
  };
  for (const [key, value] of Object.entries(expected)) assert.equal(all.get(key), value, key);
});

Deno.test("scrape() has a HELP and a TYPE for each figure, and its size does not grow", async () => {
  const metrics = figures();
  const { text } = await metrics.scrape();
  const names = [...text.matchAll(/^# TYPE (\w+) (gauge|counter|histogram)$/gm)].map(([, n]) => n!);
  assert.equal(names.length, 9);
  for (const name of names) assert.match(text, new RegExp(`^# HELP ${name} .+\\.$`, "m"));
  for (let turn = 0; turn < 1_000; turn++) {
    metrics.observer.decided!({ kind: "report", rejected: "ended" });
    metrics.observer.recorded!("ReportRejected");
  }
  assert.equal((await metrics.scrape()).text.split("\n").length, text.split("\n").length);
});
