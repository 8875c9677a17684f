/**
 * The page about proxies: its commands are ones that there are. Its configurations are what
 * `tests/e2e/offload_test.ts` runs, word for word.
 */
import assert from "node:assert/strict";
import { parseServe } from "../../adapters/cli/mod.ts";
import { blockOf, documentOf } from "./examples.ts";

Deno.test("adapters/http/README.md: serve is told of each proxy, and where devices reach it", async () => {
  const lines = blockOf(await documentOf("adapters/http/README.md"), "example: serve");
  const commands = [...lines.matchAll(/^deno task serve (.*?)\s+# (\w+)$/gm)];
  const told = commands.map(([, args, proxy]) => {
    const { offload, publicUrl, http } = parseServe(args!.split(" "));
    return [proxy, offload, publicUrl, `${http.host}:${http.port}`];
  });
  const [devices, engine] = ["https://ota.example", "127.0.0.1:8000"];
  assert.deepEqual(told, [
    ["nginx", "x-accel-redirect", devices, engine],
    ["Caddy", "x-sendfile", devices, engine],
  ]);
});
