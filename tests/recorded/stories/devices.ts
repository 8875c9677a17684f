/** Devices as operators know them: their tokens, and what they still have to be told. */
import assert from "node:assert/strict";
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { eraseDevice } from "../../../core/engine/mod.ts";
import type { Bench } from "../../core/support/bench_engine.ts";
import { PUMP } from "../../core/support/stories.ts";
import { Pump } from "../pump.ts";
import { part, request, right, status, whole, wrong } from "../said.ts";
import type { Story } from "../story.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function token(b: Bench, digits: string, overlapMs: number): Promise<void> {
  const digests = { tokenSha256: digits.repeat(32), tokenSha512: ANY_SHA512 };
  const answer = await b.command({ type: "issueToken", device: PUMP, ...digests, overlapMs });
  assert.ok(answer.ok);
}

/** The beginnings of its tokens, and until when they are valid. */
function tokensOf(b: Bench): string[] {
  const { tokens } = b.store.devices.get(PUMP)!;
  return tokens.map(({ sha256, validUntil }) =>
    `${sha256.slice(0, 2)} ${validUntil === null ? "on" : (validUntil - b.engine.now()) / HOUR}`
  );
}

/** An operator has the personal data of a device erased: so many rows have some. */
async function erases(b: Bench, rows: number): Promise<void> {
  assert.deepEqual(await eraseDevice(b.engine, "operator:test", "lake-1"), { ok: true, rows });
}

/** What it is owed, as `kind attempt`. */
function owedOf(b: Bench): string[] {
  return b.store.devices.get(PUMP)!.owed.map(({ kind, attempt }) => `${kind} ${attempt}`);
}

export const deviceStories: readonly Story[] = [
  {
    name: "tokens_that_overlap",
    async tell(b) {
      await token(b, "bb", HOUR);
      assert.deepEqual(tokensOf(b), ["aa 1", "bb on"]);
      await b.clock.pass(HOUR / 2);
      await token(b, "cc", 2 * HOUR);
      assert.deepEqual(tokensOf(b), ["aa 0.5", "bb 2", "cc on"]);
      await b.clock.pass(HOUR);
      await token(b, "dd", HOUR);
      assert.deepEqual(tokensOf(b), ["bb 1", "cc 1", "dd on"]);
      // Without an overlap whoever logged in must do so again.
      await token(b, "ee", 0);
      assert.deepEqual([tokensOf(b), b.cut], [["ee on"], [PUMP, PUMP]]);
      const d = await Pump.of(b);
      await d.isRevoked();
      assert.deepEqual(tokensOf(b), []);
    },
  },
  {
    name: "personal_data_is_erased",
    async tell(b) {
      const d = await Pump.of(b, "lake-1", { tags: ["at the lake", "north"] });
      await d.order();
      await d.says(
        request(),
        status("deferred", { reason: "owner was called", delay_seconds: 60 }),
      );
      await d.says(request(), part, status("failed", { reason: "no permission" }));
      await erases(b, 3);
      // What it says from then on is kept, until that is erased, too.
      await d.says(part, whole, right);
      await erases(b, 0);
      await d.confirms();
      await d.order("2.1.0");
      await d.says(request(), status("rejected", { reason: "battery is low" }));
      await d.isRevoked();
      await erases(b, 1);
    },
  },
  {
    name: "messages_until_they_are_delivered",
    async tell(b) {
      const d = await Pump.of(b);
      const delivers = async (message: string, attempt: number) => {
        const name = { task: d.task, message, attempt };
        await b.engine.submit({ kind: "delivered", device: PUMP, ...name });
      };
      await d.order();
      await d.listens();
      // What it does not name is none of what it is owed.
      await delivers("success", 1);
      await delivers("metadata", 2);
      assert.deepEqual(owedOf(b), ["metadata 1"]);
      await delivers("metadata", 1);
      await delivers("metadata", 1);
      assert.deepEqual(owedOf(b), []);
      // A newer one takes the place of one that did not arrive.
      await d.says(wrong, part, whole, wrong);
      assert.deepEqual(owedOf(b), ["retry 3"]);
      await delivers("retry", 2);
      await d.says(right);
      await delivers("success", 3);
      assert.deepEqual(owedOf(b), []);
    },
  },
  {
    name: "messages_that_lapse",
    async tell(b) {
      const d = await Pump.of(b);
      await d.order("2.0.0");
      await d.says(request(), right);
      await b.clock.pass(7 * DAY - 10_000);
      await d.says(request({ current_version: "2.0.0", hardware: "B" }));
      assert.deepEqual(owedOf(b), ["success 1"]);
      await d.confirms();
      await d.order("2.1.0");
      await d.says(request());
      await d.isCancelled();
      await b.clock.pass(7 * DAY);
      // It is forgotten with the next fact.
      await d.says(request({ current_version: "2.0.1" }));
      assert.deepEqual(owedOf(b), []);
      const late = { task: d.task, message: "cancel", attempt: 1 };
      await b.engine.submit({ kind: "delivered", device: PUMP, ...late });
    },
  },
];
