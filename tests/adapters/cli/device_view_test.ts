import assert from "node:assert/strict";
import { deviceEndLine, deviceLine, deviceToken } from "../../../adapters/cli/mod.ts";

const lines: [event: Parameters<typeof deviceLine>[0], line: string][] = [
  [{ type: "chunk", index: 0 }, "chunk 0 stored"],
  [
    { type: "stored", received: 524_288, size: 20_000_000 },
    "stored 512 KiB of 19.1 MiB (2 %)",
  ],
  [{ type: "state", state: "verifying" }, "verifying"],
  [{ type: "state", state: "connecting", detail: "to a:1" }, "connecting to a:1"],
  [{ type: "state", state: "waiting", detail: "for an upgrade" }, "waiting for an upgrade"],
  [
    { type: "switch", transport: "mqtt", reason: "the engine says slow" },
    "bytes over MQTT: the engine says slow",
  ],
  [{ type: "state", state: "switched", detail: "to HTTP" }, "switched to HTTP"],
  [{ type: "state", state: "silent", detail: "after metadata" }, "silent after metadata"],
  [{ type: "state", state: "waiting", detail: "HTTP 503" }, "waiting (HTTP 503)"],
  [{ type: "state", state: "downloading", detail: "attempt 2" }, "downloading, attempt 2"],
  [
    { type: "state", state: "unreachable", detail: "a:1: it sleeps." },
    "unreachable: a:1: it sleeps.",
  ],
];

for (const [event, line] of lines) {
  Deno.test(`deviceLine() says "${line}"`, () => assert.equal(deviceLine(event), line));
}

Deno.test("deviceEndLine() says how it ended and what it took", () => {
  const stats = { attempts: 1, bytesFetched: 2_048, cuts: 0 };
  const line = deviceEndLine("OTA_20230801_001", { outcome: "succeeded", stats });
  assert.equal(line, "task OTA_20230801_001 succeeded: 1 attempt, 2 KiB fetched");
});

Deno.test("deviceToken() takes the flag, else the file, else the environment, else complains", async () => {
  const tokenFile = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(tokenFile, "filed\n");
    assert.equal(await deviceToken({ token: "given", tokenFile }, "env"), "given");
    assert.equal(await deviceToken({ token: undefined, tokenFile }, "env"), "filed");
    const none = { token: undefined, tokenFile: undefined };
    assert.equal(await deviceToken(none, "env"), "env");
    await assert.rejects(
      deviceToken(none, undefined),
      /^UsageError: The device's token is missing/,
    );
    const gone = { token: undefined, tokenFile: "/nowhere/token" };
    await assert.rejects(deviceToken(gone, "env"), /^UsageError: Cannot read \/nowhere\/token: /);
  } finally {
    await Deno.remove(tokenFile);
  }
});
