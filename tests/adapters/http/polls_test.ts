/** Long polls by themselves: what is in the answer of one that waits. */
import assert from "node:assert/strict";
import type { OutboundMessage } from "../../../core/engine/mod.ts";
import { Polls } from "../../../adapters/http/mod.ts";

const success = (attempt: number): OutboundMessage => ({
  device: "pump-7",
  message: { kind: "success", payload: { task_id: "OTA_20230801_001", version: "2.0.0" } },
  owed: { task: "OTA_20230801_001", kind: "success", attempt },
});
const idle: OutboundMessage = {
  device: "pump-7",
  message: { kind: "idle", payload: { ask_again_seconds: 3_600 } },
};

async function taken(...messages: OutboundMessage[]): Promise<readonly OutboundMessage[]> {
  const polls = new Polls();
  const poll = polls.open("pump-7");
  for (const message of messages) polls.send(message);
  return await poll.wait(60_000);
}

Deno.test("Poll gives once what one commit sends twice, as it was sent last", async () => {
  const [first, again] = [success(1), success(1)];
  const answer = await taken(first, idle, again);
  assert.deepEqual(answer, [idle, again]);
  assert.equal(answer[1], again);
});

Deno.test("Poll gives what is owed for another attempt, and each courtesy", async () => {
  const all = [success(1), success(2), idle, idle];
  assert.deepEqual(await taken(...all), all);
});
