import assert from "node:assert/strict";
import { onStage } from "./stage.ts";

Deno.test("GET /log/checkpoint is the newest checkpoint, for whoever asks, and 503 before there is one", async () => {
  await onStage(async (stage) => {
    const ask = () => stage.request("GET", "/log/checkpoint", { token: null });
    const none = await ask();
    assert.equal(none.status, 503);
    assert.match(none.headers.get("retry-after")!, /^([5-9]|10)$/);
    assert.deepEqual(await none.json(), {
      status: 503,
      title: "Not available now",
      detail: "There is no checkpoint of the log yet.",
    });
    for (const note of ["first\n", "second\n"]) {
      stage.checkpoint = note;
      const { status, headers, ...answer } = await ask().then(async (response) => ({
        status: response.status,
        headers: response.headers,
        text: await response.text(),
      }));
      assert.deepEqual([status, answer.text], [200, note]);
      assert.equal(headers.get("content-type"), "text/plain; charset=utf-8");
      assert.equal(headers.get("cache-control"), "no-store");
    }
    const wrong = await stage.request("GET", "/log/checkpoint", { token: "not-a-token" });
    assert.deepEqual([wrong.status, await wrong.text()], [200, "second\n"]);
    assert.equal((await stage.request("POST", "/log/checkpoint", { token: null })).status, 405);
  });
});

Deno.test("GET /log/key is the key of the log as one line, for whoever asks", async () => {
  await onStage(async (stage) => {
    const answer = await stage.request("GET", "/log/key", { token: null });
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.deepEqual([answer.status, await answer.text()], [200, "otalog/00+00000000+AQ==\n"]);
  });
});
