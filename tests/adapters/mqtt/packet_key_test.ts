import assert from "node:assert/strict";
import { parseReport } from "../../../core/mod.ts";
import type { ReportKind } from "../../../core/mod.ts";
import { packetKey } from "../../../adapters/mqtt/packet_key.ts";

function keyOf(body: object | string, { kind = "status", id = 7, session = "a" } = {}): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const payload = new TextEncoder().encode(text);
  const parsed = parseReport(kind as ReportKind, payload);
  return packetKey(session, id, { topic: `/ota/pump-7/${kind}`, payload, parsed });
}

Deno.test("packetKey() is the same for the same packet of a session, and for no other", () => {
  const failed = { status: "failed", attempt: 1 };
  const key = keyOf(failed);
  assert.match(key, /^[0-9a-f]{16}$/);
  assert.equal(keyOf(failed), key);
  const others = [
    keyOf(failed, { session: "b" }),
    keyOf(failed, { id: 8 }),
    keyOf({ ...failed, attempt: 2 }),
    keyOf({ ...failed, id: "x" }),
    keyOf({ status: "rejected", attempt: 1 }),
    keyOf({ received: 1 }, { kind: "progress" }),
    keyOf({ received: 2 }, { kind: "progress" }),
    keyOf("{}", { kind: "request" }),
    keyOf("{", { kind: "request" }),
    keyOf("[", { kind: "request" }),
  ];
  assert.equal(new Set([key, ...others]).size, 1 + others.length);
});

Deno.test("packetKey() is no digest of free text, nor of what is ignored: who guesses it learns nothing", () => {
  const key = keyOf({ status: "failed" });
  assert.equal(keyOf({ status: "failed", reason: "owner was called" }), key);
  assert.equal(keyOf({ status: "failed", reason: "no permission", owner: "known" }), key);
});
