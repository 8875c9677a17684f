/** The device's link over HTTP against an engine that says what it is told to. */
import assert from "node:assert/strict";
import { HttpLink } from "../../../adapters/device/http_link.ts";
import { soon } from "../../e2e/house.ts";
import { inScript } from "./script.ts";
import type { Answers, Script } from "./script.ts";

/** A link to the script; `heard` is what its events said, in order. */
async function linked(
  answers: Answers,
  story: (link: HttpLink, heard: string[], script: Script) => Promise<void>,
): Promise<void> {
  await inScript(answers, async (script) => {
    const heard: string[] = [];
    const options = {
      id: "pump-7",
      token: "t",
      mqttUrl: "mqtt://127.0.0.1:1",
      httpUrl: script.url,
      folder: script.folder,
    };
    const link = new HttpLink(options, {
      connecting: () => {},
      up: () => heard.push("up"),
      down: (_, why) => heard.push(`down: ${why}`),
      refused: (error) => heard.push(error.message),
      message: (kind, payload) => heard.push(`${kind} ${payload.n}, ${script.asked.at(-1)}`),
      chunk: () => {},
      line: () => {},
    });
    try {
      await story(link, heard, script);
    } finally {
      await soon(link.close(), "the end of the link", 10_000);
    }
  });
}

Deno.test("HttpLink asks whether the engine is there, then listens by long poll", async () => {
  await linked(() => [], async (_, heard, { asked, until }) => {
    await until("GET messages?wait=30");
    assert.deepEqual(asked, ["GET messages?wait=0", "GET messages?wait=30"]);
    assert.deepEqual(heard, ["up"]);
  });
});

Deno.test("HttpLink hands a message on before it deletes it, and polls again", async () => {
  await linked(() => [], async (_, heard, { asked, push, until }) => {
    push(["idle", { n: 1 }]);
    await until("GET messages?wait=30", 2);
    assert.deepEqual(heard, ["up", "idle 1, GET messages?wait=30"]);
    assert.deepEqual(asked.slice(1), [
      "GET messages?wait=30",
      "DELETE messages/1",
      "GET messages?wait=30",
    ]);
  });
});

Deno.test("HttpLink.report() hands on what comes with the answer", async () => {
  await linked((kind) => [["metadata", { n: kind }]], async (link, heard, script) => {
    await script.until("GET messages?wait=30");
    await link.report("request", { current_version: "1" });
    assert.deepEqual(script.reports, [{ current_version: "1" }]);
    assert.deepEqual(heard, ["up", "metadata request, POST request"]);
    assert.equal(script.asked.at(-1), "DELETE messages/1");
  });
});

Deno.test("HttpLink that lost its line on purpose comes back without a word", async () => {
  await linked(() => [], async (link, heard, { until }) => {
    await until("GET messages?wait=30");
    link.cut();
    await until("GET messages?wait=30", 2);
    assert.deepEqual(heard, ["up", "up"]);
  });
});

Deno.test("HttpLink.report() fails with the status when the engine cannot take it", async () => {
  await linked(() => 503, async (link) => {
    await assert.rejects(link.report("verify", {}), /^Error: HTTP 503 for .*\/verify$/);
  });
});

Deno.test("HttpLink says once that nothing listens there", async () => {
  const heard: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    throw new Error("Nobody asks");
  });
  const { port } = server.addr;
  await server.shutdown();
  const options = { id: "pump-7", token: "t", mqttUrl: "", folder: "" };
  const link = new HttpLink({ ...options, httpUrl: `http://127.0.0.1:${port}` }, {
    connecting: (host) => heard.push(host),
    up: () => {},
    down: (host, why) => {
      heard.push(host, why);
      resolve();
    },
    refused: () => {},
    message: () => {},
    chunk: () => {},
    line: () => {},
  });
  await soon(promise, "the reason");
  await link.close();
  const host = `127.0.0.1:${port}`;
  assert.deepEqual(heard, [host, host, "nothing listens there"]);
});
