/** A bounded map that forgets what was used longest ago. */
import assert from "node:assert/strict";
import { Cache } from "../../core/engine/cache.ts";

const MAX = 80;

Deno.test("Cache keeps so many entries and no more", () => {
  const cache = filled(MAX + 1);
  assert.equal(cache.get("0"), undefined);
  assert.equal(cache.get("1"), 1);
  assert.equal(cache.get(`${MAX}`), MAX);
});

Deno.test("Cache keeps what is used again and again, whatever else comes and goes", () => {
  const cache = filled(MAX);
  for (let n = MAX; n < 20 * MAX; n++) {
    assert.equal(cache.get("7"), 7);
    cache.set(`${n}`, n);
  }
  assert.equal(cache.get("8"), undefined);
});

Deno.test("Cache keeps what was used within the last uses but a few", () => {
  const cache = filled(MAX);
  for (let n = 0; n < MAX; n++) assert.equal(cache.get(`${n}`), n);
  for (let n = 0; n < MAX / 2; n++) cache.set(`new ${n}`, n);
  const lost = Array.from({ length: MAX }, (_, n) => n).filter((n) =>
    cache.get(`${n}`) === undefined
  );
  assert.equal(lost.length, MAX / 2);
  assert.ok(Math.max(...lost) < MAX / 2 + MAX / 8, `lost ${lost}`);
});

Deno.test("Cache makes the youngest of what is used, but for what became so within an eighth of its uses", () => {
  for (let used = 0; used < MAX - MAX / 8; used++) {
    const cache = filled(MAX);
    cache.get(`${used}`);
    for (let n = 1; n < MAX; n++) cache.set(`new ${n}`, n);
    assert.equal(cache.get(`${used}`), used);
  }
});

Deno.test("Cache forgets a key, and everything", () => {
  const cache = filled(3);
  cache.delete("1");
  assert.equal(cache.get("1"), undefined);
  cache.clear();
  assert.equal(cache.get("2"), undefined);
});

/** With the numbers below `count`, in that order. */
function filled(count: number): Cache<number> {
  const cache = new Cache<number>(MAX);
  for (let n = 0; n < count; n++) cache.set(`${n}`, n);
  return cache;
}
