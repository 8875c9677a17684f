/** What is announced with an upload is checked, and a refused upload leaves nothing on the disk. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { problem } from "../../../core/mod.ts";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

const bytes = new Uint8Array(randomBytes(50_000));
const other = bytes.slice(1);
const hex = sha256(bytes);
const base64 = (of: Uint8Array) => createHash("sha256").update(of).digest("base64");

async function put(stage: HttpStage, path: string, body: BodyInit, headers = {}): Promise<string> {
  const answer = await stage.request("PUT", path, { body, headers });
  const { detail, checksum } = await answer.json();
  return `${answer.status} ${detail ?? checksum}`;
}

Deno.test("a refused upload leaves nothing; an image that is named stays, whoever is refused", async () => {
  await onStage(async (stage) => {
    assert.match(await put(stage, "/firmware/1.0.0", bytes), /^201 /);
    assert.match(await put(stage, "/firmware/1.0.0", other), /^409 Version 1\.0\.0 is other bytes/);
    assert.deepEqual(stage.images(), [hex]);
    assert.match(await put(stage, "/firmware/2.0.0", other), /^201 /);
    assert.match(await put(stage, "/firmware/1.0.0", other), /^409 /);
    assert.match(await put(stage, "/firmware/1.0.0", bytes), /^200 /);
    assert.deepEqual(stage.images(), [hex, sha256(other)].sort());
    stage.refuse = problem(503, "The log cannot be written now. Try again in a moment.");
    assert.match(await put(stage, "/firmware/3.0.0", bytes.slice(2)), /^503 /);
    assert.match(await put(stage, "/firmware/3.0.0", bytes), /^503 /);
    assert.deepEqual(stage.images(), [hex, sha256(other)].sort());
  });
});

Deno.test("of two uploads of the same bytes one may be refused: the other's bytes stay", async () => {
  await onStage(async (stage) => {
    await put(stage, "/firmware/1.0.0", bytes);
    for (let round = 0; round < 20; round++) {
      const body = new Uint8Array(randomBytes(100 + round));
      const answers = await Promise.all([
        put(stage, "/firmware/1.0.0", body),
        put(stage, `/firmware/1.1.${round}`, body),
        put(stage, "/firmware/1.0.0", body),
      ]);
      assert.deepEqual(answers.map((answer) => answer.slice(0, 3)), ["409", "201", "409"]);
      assert.ok(stage.images().includes(sha256(body)));
    }
    assert.equal(stage.images().length, 21);
  });
});

Deno.test("an announced digest must be that of the bytes", async () => {
  await onStage(async (stage) => {
    const [right, wrong] = [base64(bytes), base64(other)];
    const mismatch = `422 What arrived has the checksum sha256:${hex}, but sha256:${sha256(other)}`;
    for (const name of ["repr-digest", "content-digest"]) {
      const refused = await put(stage, "/firmware/1", bytes, { [name]: `sha-256=:${wrong}:` });
      assert.ok(refused.startsWith(mismatch), refused);
      const several = `md5=:AAAA:, sha-256=:${wrong}:, sha-256=:${right}:;a=1, sha-512=:AAAA:`;
      assert.match(await put(stage, "/firmware/1", bytes, { [name]: several }), /^20[01] /);
      assert.match(await put(stage, "/firmware/1", bytes, { [name]: "md5=:AAAA:" }), /^200 /);
      for (const bad of ["x", "sha-256=AAAA", "sha-256=:AAAA:", "sha-256=:?:", "sha-256=::", ""]) {
        const answer = await put(stage, "/firmware/1", bytes, { [name]: bad });
        assert.match(answer, /^400 The (Repr|Content)-Digest field is malformed/, bad);
      }
    }
    const withChecksum = (sum: string) => `/firmware/1?checksum=${sum}`;
    const sum = await put(stage, withChecksum(`sha256:${sha256(other)}`), bytes);
    assert.ok(sum.startsWith(mismatch), sum);
    assert.match(await put(stage, withChecksum(`sha256:${hex}`), bytes), /^200 /);
    assert.match(await put(stage, withChecksum("sha256:0"), bytes), /^422 The query is not valid/);
    const both = { "repr-digest": `sha-256=:${wrong}:` };
    const differ = await put(stage, withChecksum(`sha256:${hex}`), bytes, both);
    assert.match(differ, /^422 The request announces sha256:[0-9a-f]{64} and sha256:/);
    assert.deepEqual(stage.images(), [hex]);
    assert.deepEqual(stage.faults, []);
  });
});

Deno.test("a version that only a product has is not found, and is pointed at", async () => {
  await onStage(async (stage) => {
    await put(stage, "/firmware/3.0.0?product=p", bytes);
    const detail = async (path: string) => (await stage.json("GET", path)).body.detail;
    assert.equal(
      await detail("/firmware/3.0.0"),
      "There is no firmware 3.0.0 without a product. If it is a product's, name that with " +
        "?product=; else upload it with PUT /firmware/3.0.0.",
    );
    assert.equal(
      await detail("/firmware/4.0.0?product=a%20b"),
      "There is no firmware 4.0.0 of a b, nor one without a product. Upload it with " +
        "PUT /firmware/4.0.0?product=a%20b.",
    );
  });
});
