/** The judge of what was erased: what it says to a store that takes out less or more than the log says. */
import assert from "node:assert/strict";
import type { Input } from "../../../core/engine/mod.ts";
import { Forgotten } from "../../../core/simulation/checks/forgotten.ts";
import { Stage } from "./stage.ts";

const operator = { actor: "operator:test" };
const personal = { tags: ["by name"] };

/** A device with a tag. */
function told(): Stage {
  const stage = new Stage((court) => new Forgotten(court));
  stage.device("a", "DeviceRegistered", { device_id: "a" }, { ...operator, personal });
  return stage;
}

const erases: Input = {
  kind: "command",
  actor: "operator:test",
  command: { type: "eraseData", device: "a" },
};
const erased = (rows: number) =>
  ({ ok: true, messages: [], result: { type: "erased", rows, isMore: false } }) as const;

Deno.test("Forgotten has nothing against an erasure that goes well", () => {
  const stage = told();
  stage.input(erases, erased(1), () => {
    stage.device("a", "DataErased", { rows: 1, through: 1 }, operator, { erasedThrough: 1 });
  });
  stage.input(erases, erased(0));
  assert.deepEqual(stage.denied, []);
});

Deno.test("Forgotten sees texts that are gone, and no row says so", () => {
  const stage = told();
  stage.device("a", "DeviceRevoked", {}, operator, { erasedThrough: 1 });
  assert.deepEqual(stage.denied, ["I16: Texts of device/a up to 1 are gone, not up to undefined."]);
});

Deno.test("Forgotten sees more texts gone than the row says", () => {
  const stage = told();
  stage.device("a", "DataErased", { rows: 1, through: 1 }, operator, { erasedThrough: 2 });
  assert.deepEqual(stage.denied, ["I16: Texts of device/a up to 2 are gone, not up to 1."]);
});

Deno.test("Forgotten sees a text that stays", () => {
  const stage = told();
  stage.device("a", "DataErased", { rows: 1, through: 1 }, operator);
  assert.deepEqual(stage.denied, [
    "I16: Texts of device/a up to undefined are gone, not up to 1.",
    "I16: Row 1 of device/a still has its personal text.",
  ]);
});

Deno.test("Forgotten sees an answer that no row stands for", () => {
  const stage = told();
  stage.input(erases, erased(1));
  assert.deepEqual(stage.denied, [
    "I16: It was answered that a is forgotten, but no row says so.",
  ]);
});
