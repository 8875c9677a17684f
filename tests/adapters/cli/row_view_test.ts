import assert from "node:assert/strict";
import { rowCells } from "../../../adapters/cli/row_view.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";

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

Deno.test("rowCells() shows the beginning of a digest, of whatever kind", () => {
  const data = { token_sha256: "ab".repeat(32), token_sha512: ANY_SHA512, overlap_ms: 0 };
  const outcome = { moves: [], effects: [] };
  const cells = rowCells({ seq: 1, at: "", actor: "", type: "TokenIssued", data, outcome });
  assert.equal(cells[4], "token_sha256=abababab… token_sha512=$6$AAAAAAAA… overlap_ms=0");
});
