/** A client on a bench that only fetches: it checks, takes the bytes that it is given, and says no more. */
import { parseReport, toHex } from "../../../core/mod.ts";
import type { Message } from "../../../core/mod.ts";
import type { ServedRange } from "../../../core/engine/mod.ts";
import type { Bench } from "./bench_engine.ts";
import { IMAGE, SIZE } from "./given.ts";
import { PUMP } from "./stories.ts";

/** It asks for an update, and says what of itself it can say; what it is told. */
export async function checks(b: Bench, said: object = {}): Promise<readonly Message[]> {
  b.engine.heard(PUMP);
  const parsed = parseReport("request", new TextEncoder().encode(JSON.stringify(said)));
  const report = { kind: "report", device: PUMP, report: "request", parsed, via: "fetch" } as const;
  const answer = await b.engine.submit(report);
  if (!answer.ok) throw new Error(answer.problem.detail);
  return answer.messages.map(({ message }) => message);
}

/** It is given bytes of 2.0.0, all of them unless it says so, over a connection of its own. */
export async function fetches(b: Bench, from = 0, end = SIZE, connection = 1): Promise<void> {
  b.engine.heard(PUMP);
  const sentAt = b.engine.now();
  const range: ServedRange = { from, sent: end - from, sentAt, state: "complete", connection };
  await b.engine.submit({ kind: "artifact", device: PUMP, sha256: toHex(IMAGE), range });
}
