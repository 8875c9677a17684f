import assert from "node:assert/strict";
import { listen } from "../../../adapters/http/mod.ts";
import { onStage } from "./stage.ts";
import { talk } from "./talk.ts";

/** Asks with these lines; status, headers and body of the answer. */
async function ask(port: number, lines: readonly string[]) {
  const text = await talk(port, [...lines, "Connection: close"].join("\r\n") + "\r\n\r\n");
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end).toLowerCase();
  return { status: Number(head.split(" ")[1]), head, body: text.slice(end + 4) };
}

Deno.test("a client of HTTP/1.0 needs no Host", async () => {
  await onStage(async (stage) => {
    const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
    try {
      for (const more of [[], ["Host:"], ["Host: x"], ["Host: [::1]:8000"]]) {
        const answer = await ask(listener.port, ["GET /healthz HTTP/1.0", ...more]);
        assert.deepEqual([answer.status, answer.body], [200, '{"status":"ok"}'], more.join());
      }
    } finally {
      await listener.close();
    }
  });
});

Deno.test("a missing, doubled or malformed Host, and a malformed path, are problems that say so", async () => {
  await onStage(async (stage) => {
    const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
    try {
      const bad: [string[], RegExp][] = [
        [["GET /healthz HTTP/1.1"], /must name its host once/],
        [["GET /healthz HTTP/1.1", "Host: x", "Host: y"], /must name its host once/],
        [["GET /healthz HTTP/1.0", "Host: x", "Host: y"], /must name its host once/],
        [["GET /healthz HTTP/1.1", "Host: a b"], /the Host header .* is malformed/],
        [["GET /healthz HTTP/1.1", "Host: a/b"], /the Host header .* is malformed/],
        [["GET /a\\b HTTP/1.1", "Host: x"], /The path .* is malformed/],
      ];
      for (const [lines, detail] of bad) {
        const answer = await ask(listener.port, lines);
        assert.equal(answer.status, 400, lines.join());
        assert.match(answer.head, /content-type: application\/problem\+json/, lines.join());
        assert.match(JSON.parse(answer.body).detail, detail);
      }
      assert.deepEqual(stage.faults, []);
    } finally {
      await listener.close();
    }
  });
});

Deno.test("the body of a GET keeps no connection open", async () => {
  await onStage(async (stage) => {
    const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
    try {
      const lines = ["GET /healthz HTTP/1.1", "Host: x", "Content-Length: 1000000"];
      // `talk` resolves when the peer has ended the connection; nothing more is sent.
      const text = await talk(listener.port, `${lines.join("\r\n")}\r\n\r\na`);
      assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(text.toLowerCase(), /connection: close/);
    } finally {
      await listener.close();
    }
  });
});
