import assert from "node:assert/strict";
import { rowCells } from "../../../adapters/cli/row_view.ts";

Deno.test("rowCells() names what fits into a line, and nothing that has members of its own", () => {
  const cells = rowCells({
    seq: 6,
    at: "2023-08-01T00:00:00.000Z",
    actor: "operator:api",
    type: "ReleaseNamed",
    data: { artifacts: [{ size: 1 }], about: { a: 1 }, version: "2.0.0", bad_chunks: [1, 2] },
    outcome: { moves: [], effects: [] },
  });
  assert.equal(cells[4], "version=2.0.0 bad_chunks=1,2");
});
