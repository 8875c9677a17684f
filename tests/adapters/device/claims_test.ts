import assert from "node:assert/strict";
import { Claims } from "../../../adapters/device/claims.ts";
import type { Span } from "../../../adapters/device/spans.ts";

const missing: Span[] = [[0, 100], [200, 250]];

Deno.test("Claims.next() goes from one part to the next, and awaits nothing twice", () => {
  const claims = new Claims();
  const taken: Span[] = [];
  for (let span = claims.next(missing, 64, 0); span; span = claims.next(missing, 64, 0)) {
    claims.claim(span);
    taken.push(span);
  }
  assert.deepEqual(taken, [[0, 64], [64, 100], [200, 250]]);
});

Deno.test("Claims.next() has what is awaited no more", () => {
  const claims = new Claims();
  const first = claims.claim(claims.next(missing, 64, 0)!);
  claims.claim(claims.next(missing, 64, 0)!);
  claims.drop(first);
  assert.deepEqual(claims.next(missing, 64, 0), [0, 64]);
});

Deno.test("Claims.next() leaves the bytes of a try alone while there are others, then takes them", () => {
  const claims = new Claims();
  claims.claim(claims.next(missing, 16, 0, true)!, true);
  assert.deepEqual(claims.next(missing, 64, 0), [16, 64]);
  claims.claim([16, 100]);
  claims.claim([200, 250]);
  assert.deepEqual(claims.next(missing, 64, 0), [0, 16]);
  assert.equal(claims.next(missing, 16, 0, true), undefined);
});

Deno.test("Claims.next() is nothing while it is open how much of a claim has come", () => {
  const claims = new Claims();
  const claim = claims.claim([0, 64]);
  claim.isEnding = true;
  assert.equal(claims.next(missing, 64, 0), undefined);
  claims.drop(claim);
  assert.deepEqual(claims.next([[10, 100]], 64, 0), [10, 64]);
});

Deno.test("Claims.next() leaves what may still come alone for so long, and then has it", () => {
  const claims = new Claims();
  const claim = claims.claim([0, 100]);
  claims.claim([200, 250]);
  assert.equal(claims.looseInMs(0), Infinity);
  Object.assign(claim, { isWeak: true, looseAt: 500 });
  assert.deepEqual([claims.next(missing, 64, 499), claims.looseInMs(100)], [undefined, 400]);
  assert.deepEqual([claims.next(missing, 64, 500), claims.looseInMs(500)], [[0, 64], Infinity]);
  // It has come to life.
  claim.isWeak = false;
  assert.equal(claims.next(missing, 64, 500), undefined);
});
