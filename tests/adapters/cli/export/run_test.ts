import assert from "node:assert/strict";
import { linesOf } from "../../../../adapters/cli/export/run.ts";

Deno.test("linesOf() writes whatever stands in a cell, as export judges nothing", () => {
  const row = { seq: 1, stream: "s", version: 1, bytes: 5, salt: null, hash: "ff" };
  assert.deepEqual([...linesOf([{ ...row, data: 9_223_372_036_854_775_807n }])], [
    '{"bytes":5,"data":"9223372036854775807","salt":null,"hash":"ff"}',
  ]);
});
