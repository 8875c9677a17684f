/** A value compared with bytes where they stand: what it says must be what writing the value out says. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson } from "../../../core/log/mod.ts";
import { SameJson } from "../../../core/log/same_json.ts";

const same = new SameJson();
const encoder = new TextEncoder();

function isSame(value: unknown, text: string): boolean {
  const bytes = encoder.encode(`"${text}"`);
  return same.is(value, bytes, 1, bytes.length - 1);
}

/** As outcomes are: integers from 0, and texts in printable ASCII without escapes. */
const plainText = fc.string({ unit: fc.constantFrom(..."aZ09_.:, {}[]") });
const members = fc.dictionary(fc.constantFrom("a", "b", "cc", "ca"), plainText);
const { plain } = fc.letrec((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    plainText,
    fc.maxSafeNat(),
    fc.constant(null),
    members,
    fc.array(tie("plain")),
    fc.record({ a: tie("plain"), b: tie("plain") }),
  ),
}));
/** Its members in their order, as the engine makes them. */
const inOrder = plain.map((value) => JSON.parse(canonicalJson(value)));

Deno.test("SameJson.is() is true of what the value is written as, and of nothing else", () => {
  fc.assert(fc.property(inOrder, inOrder, fc.nat(), fc.constantFrom(...' "\\a0,}]'), check));

  function check(value: unknown, other: unknown, place: number, character: string): void {
    const text = canonicalJson(value);
    assert.ok(isSame(value, text));
    assert.equal(isSame(other, text), canonicalJson(other) === text);
    const at = place % text.length;
    const damaged = text.slice(0, at) + character + text.slice(at + 1);
    assert.equal(isSame(value, damaged), damaged === text);
    assert.ok(!isSame(value, text.slice(0, at)) && !isSame(value, text + character));
  }
});

Deno.test("SameJson.is() is never true where the value is written otherwise", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, other) => {
      const text = JSON.stringify(other);
      if (isSame(value, text)) assert.equal(canonicalJson(value), text);
    }),
  );
});

Deno.test("SameJson.is() takes no text that ends its own, and no members out of their order", () => {
  assert.ok(!isSame({ a: 'x","b":"y' }, '{"a":"x","b":"y"}'));
  assert.ok(!isSame(["\\n"], '["\\n"]') && !isSame(["\n"], '["\\n"]'));
  assert.ok(!isSame({ b: 1, a: 2 }, '{"b":1,"a":2}'));
  assert.ok(!isSame({ 10: 1, 9: 2 }, '{"9":2,"10":1}'));
  assert.ok(!isSame(1.5, "1.5") && !isSame(2 ** 53, String(2 ** 53)));
  assert.ok(!isSame(undefined, "undefined") && !isSame(true, "true"));
  assert.ok(isSame(-0, "0") && !isSame(-0, "-0"));
});
