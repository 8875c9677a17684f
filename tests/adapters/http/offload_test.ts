import assert from "node:assert/strict";
import { offloadBy } from "../../../adapters/http/mod.ts";

Deno.test("offloadBy() names an image by its path, or where nginx has it", () => {
  const pathOf = (sha256: string) => `/srv/otalog-1_b/data.d/images/${sha256}`;
  assert.equal(offloadBy("x-sendfile", pathOf).fileOf("ab"), "/srv/otalog-1_b/data.d/images/ab");
  assert.equal(offloadBy("x-accel-redirect", pathOf).fileOf("ab"), "/otalog-images/ab");
});

for (const name of ["a b", "ä", "a%20b", "a?b", "a#b", "a\nb", 'a"b', "{a}"]) {
  Deno.test(`offloadBy() names no path with ${JSON.stringify(name)}, and says what to do`, () => {
    const pathOf = (sha256: string) => `/${name}/images/${sha256}`;
    assert.throws(
      () => offloadBy("x-sendfile", pathOf),
      /^Error: Cannot tell a proxy of the images in \/.+\/images\/: .+ --data, or --offload x-acc/s,
    );
    assert.equal(offloadBy("x-accel-redirect", pathOf).fileOf("ab"), "/otalog-images/ab");
  });
}
