/** A JSON body has a limit in time as well: between its pieces, and in all. */
import assert from "node:assert/strict";
import { readBytes } from "../../../adapters/http/body.ts";
import { listen } from "../../../adapters/http/mod.ts";
import type { Refused } from "../../../adapters/http/problems.ts";
import { onStage, OPERATOR } from "./stage.ts";
import { talk } from "./talk.ts";

const limits = { bodyPieceMs: 20, bodyMs: 60 };

function requestOf(body: ReadableStream<Uint8Array>): Request {
  return new Request("http://x/", { method: "POST", body: body as ReadableStream });
}

async function refusalOf(body: ReadableStream<Uint8Array>): Promise<string> {
  const refused: Refused = await readBytes(requestOf(body), limits).then(
    () => assert.fail("was taken"),
    (error) => error,
  );
  return `${refused.problem.status} ${refused.problem.title}: ${refused.problem.detail}`;
}

Deno.test("readBytes() takes a body that is in time, and an absent one", async () => {
  const body = ReadableStream.from([new Uint8Array([1, 2]), new Uint8Array([3])]);
  assert.deepEqual([...await readBytes(requestOf(body), limits)], [1, 2, 3]);
  assert.equal((await readBytes(new Request("http://x/"), limits)).length, 0);
});

Deno.test("readBytes() refuses a body that pauses too long, and one that never ends", async () => {
  const late =
    "408 Request timeout: The body did not arrive in time. Send it again, without a pause.";
  let isCancelled = false;
  const pausing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: () => void (isCancelled = true),
  });
  assert.equal(await refusalOf(pausing), late);
  assert.ok(isCancelled);
  let pieces = 0;
  const trickling = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.enqueue(new Uint8Array(1));
      if (++pieces === 100) controller.close();
    },
  }, { highWaterMark: 0 });
  assert.equal(await refusalOf(trickling), late);
  // Its last pull ends before the test does.
  await new Promise((resolve) => setTimeout(resolve, 10));
});

Deno.test("readBytes() calls a body that is cut no fault of ours", async () => {
  const cut = new ReadableStream({ pull: () => Promise.reject(new Error("reset")) });
  assert.equal(
    await refusalOf(cut),
    "400 Bad request: The body was cut before its end. Send it again.",
  );
});

// Without sanitizers: the listener's library waits half a second for the rest of such a body.
const stalling = {
  name: "a peer whose body stalls is told so, and is closed",
  sanitizeOps: false,
  sanitizeResources: false,
};
Deno.test(stalling, async () => {
  await onStage(async (stage) => {
    const { body } = await stage.json("POST", "/devices", { device_id: "pump-7" });
    const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
    try {
      const asked = [["/devices", OPERATOR], ["/ota/pump-7/request", body.token]] as const;
      for (const [path, token] of asked) {
        const head = [`POST ${path} HTTP/1.1`, "Host: x", `Authorization: Bearer ${token}`];
        const lines = [...head, "Content-Length: 1000", "", "{"];
        assert.match(await talk(listener.port, lines.join("\r\n")), /^HTTP\/1\.1 408 /);
      }
      assert.deepEqual(stage.faults, []);
    } finally {
      await listener.close();
    }
  }, { bodyPieceMs: 100 });
});
