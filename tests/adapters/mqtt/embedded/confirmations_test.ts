/** Which messages a device has confirmed, as they are seen on the wire. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Confirmations } from "../../../../adapters/mqtt/embedded/confirmations.ts";
import { text } from "./stage.ts";

/** The body of a PUBLISH with QoS above 0. */
function body(topic: string, id: number, payload = ""): Uint8Array {
  return Uint8Array.from([
    ...text(topic),
    id >> 8,
    id & 255,
    ...new TextEncoder().encode(payload),
  ]);
}

class Stage {
  readonly confirmations = new Confirmations();
  /** What became of what, in order. */
  readonly ends: string[] = [];

  /** Expects a chunk by its topic, or a message by its payload. */
  expect(name: string, kind: "topic" | "payload" = "topic"): void {
    const sign = kind === "topic" ? { topic: name } : { payload: name };
    this.confirmations.expect(sign, (is) => void this.ends.push(`${name} ${is}`));
  }

  sent(topic: string, id: number, payload?: string): void {
    this.confirmations.sent(body(topic, id, payload));
  }
}

Deno.test("Confirmations: what was seen on the wire is confirmed by its number", () => {
  const s = new Stage();
  for (const topic of ["c/0", "c/1", "c/2"]) s.expect(topic);
  s.sent("c/1", 300, "bytes");
  s.sent("c/0", 44, "bytes");
  // 300 is 44 but for its upper byte.
  s.confirmations.confirmed(300);
  assert.deepEqual(s.ends, ["c/1 true"]);
  for (let n = 0; n < 2; n++) s.confirmations.confirmed(44);
  s.confirmations.confirmed(7);
  assert.deepEqual(s.ends, ["c/1 true", "c/0 true"]);
  s.confirmations.close();
  assert.deepEqual(s.ends, ["c/1 true", "c/0 true", "c/2 false"]);
});

Deno.test("Confirmations: bytes are known by their topic, messages by their payload", () => {
  const s = new Stage();
  s.expect("x", "payload");
  s.expect("x", "topic");
  s.sent("y", 1, "y");
  s.confirmations.confirmed(1);
  assert.deepEqual(s.ends, []);
  s.sent("x", 2, "y");
  s.confirmations.confirmed(2);
  s.sent("y", 3, "x");
  s.confirmations.confirmed(3);
  assert.deepEqual(s.ends, ["x true", "x true"]);
});

Deno.test("Confirmations: of two that are alike the first is on the wire first", () => {
  const s = new Stage();
  const ends: string[] = [];
  for (const name of ["first", "second"]) {
    s.confirmations.expect({ topic: "c" }, (is) => void ends.push(`${name} ${is}`));
  }
  s.sent("c", 1);
  s.sent("c", 2);
  s.confirmations.confirmed(2);
  s.confirmations.confirmed(1);
  assert.deepEqual(ends, ["second true", "first true"]);
});

Deno.test("Confirmations: of a long body the beginning is enough, of a broken one nothing is known", () => {
  const s = new Stage();
  s.expect("c/0");
  s.confirmations.sent(body("c/0", 5).subarray(0, 3));
  s.confirmations.sent(new Uint8Array());
  s.confirmations.sent(body("c/0", 9, "bytes").subarray(0, 8));
  s.confirmations.confirmed(9);
  assert.deepEqual(s.ends, ["c/0 true"]);
});

Deno.test("Confirmations: beyond 256 that are expected, or on their way, the oldest is given up", () => {
  const s = new Stage();
  for (let n = 0; n < 258; n++) s.expect(`c/${n}`);
  assert.deepEqual(s.ends.splice(0), ["c/0 false", "c/1 false"]);
  for (let n = 2; n < 258; n++) s.sent(`c/${n}`, n);
  s.expect("c/258");
  s.sent("c/258", 258);
  assert.deepEqual(s.ends.splice(0), ["c/2 false"]);
  s.confirmations.confirmed(2);
  s.confirmations.confirmed(3);
  assert.deepEqual(s.ends.splice(0), ["c/3 true"]);
  s.confirmations.close();
  assert.equal(s.ends.length, 255);
});

Deno.test("Confirmations: a number that is given again ends the one that had it", () => {
  const s = new Stage();
  for (const topic of ["c/0", "c/1"]) {
    s.expect(topic);
    s.sent(topic, 1);
  }
  assert.deepEqual(s.ends, ["c/0 false"]);
  s.confirmations.confirmed(1);
  assert.deepEqual(s.ends, ["c/0 false", "c/1 true"]);
});

Deno.test("Confirmations: after its end nothing is confirmed, nor expected", () => {
  const s = new Stage();
  s.expect("c/0");
  s.sent("c/0", 1);
  s.expect("c/1");
  s.confirmations.close();
  s.confirmations.confirmed(1);
  s.expect("c/2");
  s.confirmations.close();
  assert.deepEqual(s.ends, ["c/0 false", "c/1 false", "c/2 false"]);
});

Deno.test("Confirmations say of each once what became of it, whatever is seen and confirmed", () => {
  const steps = fc.array(
    fc.record({
      what: fc.constantFrom("expect", "expect", "sent", "sent", "confirmed"),
      topic: fc.integer({ min: 0, max: 9 }),
      id: fc.integer({ min: 1, max: 300 }),
    }),
    { maxLength: 1_500, size: "max" },
  );
  fc.assert(
    fc.property(steps, (steps) => {
      const ends = new Map<number, number>();
      const confirmations = new Confirmations();
      let expected = 0;
      for (const { what, topic, id } of steps) {
        if (what === "expect") {
          const name = expected++;
          const count = () => void ends.set(name, (ends.get(name) ?? 0) + 1);
          confirmations.expect({ topic: `c/${topic}` }, count);
        } else if (what === "sent") confirmations.sent(body(`c/${topic}`, id));
        else confirmations.confirmed(id);
      }
      confirmations.close();
      assert.equal(ends.size, expected);
      for (const count of ends.values()) assert.equal(count, 1);
    }),
    { numRuns: 50 },
  );
});
