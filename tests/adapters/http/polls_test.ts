/** Long polls by themselves: what is in the answer of one that waits. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import type { OutboundMessage } from "../../../core/engine/mod.ts";
import { Polls } from "../../../adapters/http/mod.ts";

/** Timers that stand still until they are told. */
class FakeTime implements Disposable {
  constructor() {
    mock.timers.enable({ apis: ["setTimeout"] });
  }

  async pass(ms: number): Promise<void> {
    mock.timers.tick(ms);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }

  [Symbol.dispose](): void {
    mock.timers.reset();
  }
}

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

Deno.test("Polls hold back for two seconds what was given and not confirmed, but nothing else", async () => {
  using time = new FakeTime();
  const polls = new Polls();
  const ask = (...messages: OutboundMessage[]) => {
    const poll = polls.open("pump-7");
    const answer = { messages: undefined as readonly OutboundMessage[] | undefined };
    void poll.wait(30_000).then((messages) => {
      answer.messages = messages;
      polls.close("pump-7", poll);
    });
    for (const message of messages) polls.send(message);
    return answer;
  };
  const first = ask(success(1));
  await time.pass(0);
  assert.deepEqual(first.messages, [success(1)]);
  const again = ask(success(1));
  await time.pass(1_999);
  assert.equal(again.messages, undefined);
  await time.pass(1);
  assert.deepEqual(again.messages, [success(1)]);
  const news = ask(success(1), success(2));
  await time.pass(0);
  assert.deepEqual(news.messages, [success(1), success(2)]);
  const quiet = ask();
  await time.pass(30_000);
  assert.deepEqual(quiet.messages, []);
});
