/** The transfer record of a real download that is cut and has a bad chunk. */
import assert from "node:assert/strict";
import { get } from "node:http";
import { inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";

const SIZE = 6_000_001;
const CHUNK = 2_097_152;

/** Fetches from a byte on over a connection of its own, and breaks it after so many. */
async function fetchBytes(
  url: string,
  token: string,
  from: number,
  take = Infinity,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { authorization: `Bearer ${token}`, range: `bytes=${from}-` };
  let taken = 0;
  const request = get(url, { agent: false, headers }, (response) => {
    response.on("data", (piece: Uint8Array) => {
      taken += piece.length;
      if (taken >= take) response.destroy();
    });
    response.on("error", () => {});
    response.on("close", () => resolve(Math.min(taken, take)));
  });
  request.on("error", reject);
  return await soon(promise, "the bytes");
}

async function report(stage: Stage, token: string, kind: string, body: object): Promise<string[]> {
  const response = await fetch(`${stage.house.httpUrl}/ota/pump-7/${kind}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const { messages } = await response.json() as { messages: { topic: string }[] };
  return messages.map(({ topic }) => topic.slice("/ota/pump-7/".length));
}

Deno.test("GET /tasks/{id}/transfer names the cut, the bad chunk and every byte given twice", async () => {
  await inHouse(async (stage) => {
    const token = await stage.register("pump-7");
    const checksum = await stage.upload("2.0.0", randomImage(SIZE));
    const task = await stage.order("pump-7", "2.0.0", checksum, { chunk_size: CHUNK / 1024 });
    const record = async () => (await stage.ask("GET", `/tasks/${task}/transfer`)).body;
    assert.deepEqual(await record(), { task_id: task, size: SIZE, fetched: 0, attempts: [] });
    await report(stage, token, "request", {});
    const url = `${stage.house.httpUrl}/artifacts/${checksum.slice(7)}`;
    const cutAt = await fetchBytes(url, token, 0, 2_500_000);
    assert.equal(cutAt, 2_500_000);
    await fetchBytes(url, token, cutAt);
    const wrong = { checksum: `sha256:${"00".repeat(32)}`, bad_chunks: [1] };
    assert.deepEqual(await report(stage, token, "verify", wrong), ["retry"]);
    await fetchBytes(url, token, CHUNK, CHUNK);
    assert.deepEqual(await report(stage, token, "verify", { checksum }), ["success"]);

    const { fetched, attempts: [first, second, ...more] } = await record();
    assert.deepEqual([fetched, more], [SIZE, []]);
    const { attempt, bytes, requests, repeated, cuts, stalls, bad_chunks } = first;
    assert.deepEqual(
      { attempt, bytes, requests, repeated, cuts, stalls, bad_chunks },
      // What the broken connection still had in its buffers did not arrive: it is not counted.
      { attempt: 1, bytes: SIZE, requests: 2, repeated: 0, cuts: 1, stalls: 0, bad_chunks: 1 },
    );
    assert.deepEqual([second.attempt, second.requests, second.bad_chunks], [2, 1, 0]);
    assert.ok(second.bytes >= CHUNK && second.repeated === second.bytes);
    assert.ok(first.ms >= 0 && first.first_request_at <= first.last_request_at);

    // It is in the log: the change of phase carries it, and the move says what the claim rests on.
    const rows = await stage.rows("pump-7");
    const failed = rows.find(({ type }) => type === "ChunkFailed")!;
    assert.deepEqual([failed.data.transfer.cuts, failed.data.transfer.requests], [1, 2]);
    const moves = rows.flatMap(({ outcome }) => outcome.moves) as { fetched?: number }[];
    assert.deepEqual(moves.flatMap(({ fetched }) => fetched ?? []), [SIZE, SIZE]);
  });
});

Deno.test("GET /tasks/{id}/transfer: 404 for a task that there is not", async () => {
  await inHouse(async (stage) => {
    assert.equal((await stage.ask("GET", "/tasks/OTA_20230801_999/transfer")).status, 404);
  });
});
