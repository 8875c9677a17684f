import assert from "node:assert/strict";
import { Api } from "../../../../adapters/cli/ota/api.ts";
import { follow, logEnd } from "../../../../adapters/cli/ota/follow.ts";
import { answering } from "./server.ts";

const limits = { silentMs: 300, retryMs: 1, awayMs: 1_000 };
const apiAt = (url: string) => new Api({ url, token: "t", tokenFrom: "here" });
const event = (seq: number) => `id: ${seq}\nevent: row\ndata: {"seq":${seq}}\n\n`;
const stream = (body: BodyInit) =>
  new Response(body, { headers: { "content-type": "text/event-stream" } });

/** A stream that says this and then nothing more. */
function silentAfter(text: string): ReadableStream<Uint8Array> {
  return ReadableStream.from([text]).pipeThrough(new TextEncoderStream())
    .pipeThrough(new TransformStream({ flush: () => new Promise(() => {}) }));
}

async function take(api: Api, after: number, count: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const { seq } of follow(api, after, limits)) {
    seen.push(seq);
    if (seen.length === count) break;
  }
  return seen;
}

Deno.test("follow() goes on behind the last row after a cut, within a row too", async () => {
  const resumed: (string | null)[] = [];
  const bodies = [event(3) + event(4) + "id: 5\nevent: row\ndata: {", ": alive\n\n", event(5)];
  await answering(({ url, headers }) => {
    assert.equal(new URL(url).searchParams.get("follow"), "true");
    resumed.push(headers.get("last-event-id"));
    return stream(bodies.shift() ?? event(6));
  }, async (url) => assert.deepEqual(await take(apiAt(url), 2, 4), [3, 4, 5, 6]));
  assert.deepEqual(resumed, ["2", "4", "4", "5"]);
});

Deno.test("follow() leaves a stream that says nothing, and takes it up again", async () => {
  let asked = 0;
  await answering(
    () => stream(asked++ === 0 ? silentAfter(event(1)) : event(2)),
    async (url) => assert.deepEqual(await take(apiAt(url), 0, 2), [1, 2]),
  );
  assert.equal(asked, 2);
});

Deno.test("follow() comes back to an engine that has too much to do, and gives up in the end", async () => {
  let asked = 0;
  const busy = () => Response.json({ detail: "Too many follow." }, { status: 503 });
  await answering(() => asked++ === 0 ? busy() : stream(event(1)), async (url) => {
    assert.deepEqual(await take(apiAt(url), 0, 1), [1]);
  });
  await answering(busy, async (url) => {
    await assert.rejects(take(apiAt(url), 0, 1), /^ApiError: Too many follow\.$/);
  });
});

Deno.test("follow() does not ask again where it is refused", async () => {
  let asked = 0;
  await answering(() => {
    asked++;
    return Response.json({ detail: "No." }, { status: 403 });
  }, async (url) => {
    await assert.rejects(take(apiAt(url), 0, 1), /^ApiError: No\.$/);
  });
  assert.equal(asked, 1);
});

Deno.test("logEnd() asks for the place of the last row", async () => {
  const answer = () => Response.json({ items: [], last_seq: 70_001 });
  await answering(answer, async (url) => assert.equal(await logEnd(apiAt(url)), 70_001));
});
