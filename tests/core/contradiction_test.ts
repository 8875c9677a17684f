/** What a file says of itself, beside what an operator declares. */
import assert from "node:assert/strict";
import type { ImageHeader, Problem } from "../../core/mod.ts";
import type { Answer, UploadedImage } from "../../core/engine/mod.ts";
import { bench } from "./support/bench_engine.ts";
import type { Bench } from "./support/bench_engine.ts";
import { assertReplays } from "./support/stories.ts";

const hex = "11".repeat(32);
const digests = { sha256: hex, size: 10_000, sha1: "00", md5: "00" };
const esp = (more: Partial<ImageHeader>): ImageHeader => ({ format: "esp", ...more });
const mcuboot = (version: string): ImageHeader => ({ format: "mcuboot", version });

function add(
  b: Bench,
  version: string,
  image: Partial<UploadedImage>,
  product: string | null = null,
  ignoresHeader = false,
): Promise<Answer> {
  const named = { version, product, name: `${version}.bin`, ignoresHeader };
  return b.command({ type: "addFirmware", image: { ...digests, ...image }, ...named });
}

async function problemOf(answer: Promise<Answer>): Promise<Problem | undefined> {
  const given = await answer;
  return given.ok ? undefined : given.problem;
}

/** Where the file contradicts what is declared; empty: nowhere. */
async function wrong(header: ImageHeader, version: string, product?: string): Promise<string> {
  const problem = await problemOf(add(await bench(), version, { header }, product));
  assert.ok(problem === undefined || problem.status === 422);
  return problem?.errors?.map(({ path }) => path).join() ?? "";
}

const versions: [header: ImageHeader, right: string[], wrong: string[]][] = [
  [esp({ version: "1.2.0" }), ["1.2.0", "v1.2.0", "V1.2.0", "1.2.0+0"], [
    "1.2",
    "vv1.2.0",
    "1.2.1",
  ]],
  [esp({ version: "v1.2.0" }), ["1.2.0", "v1.2.0", "V1.2.0"], ["1.2.0-rc.1", "2.1.0"]],
  [esp({ version: "v1.2.0-3-gabcdef0-dirty" }), ["1.2.0-3-gabcdef0-dirty"], ["1.2.0"]],
  [mcuboot("1.2.3+0"), ["1.2.3", "1.2.3+0", "v1.2.3"], ["1.2.3+1", "1.2.4"]],
  [mcuboot("1.2.3+4"), ["1.2.3", "1.2.3+4"], ["1.2.3+0", "1.2.3+5", "1.2.3+44"]],
  [mcuboot("1.0.0+0"), ["1.0.0"], ["1"]],
  // Nothing is said.
  [esp({}), ["7"], []],
  [esp({ version: "1" }), ["1", "2.1.0"], []],
  [esp({ version: "esp-idf: v4.4.7 38eeba213a" }), ["2.1.0"], []],
  [esp({ version: "upgrade" }), ["2.0.1"], []],
  [esp({ version: "4.4.7", project: "arduino-lib-builder" }), ["2.0.1"], []],
];

Deno.test("contradictionOf() holds the version against what the file says, if it says one", async () => {
  for (const [header, right, others] of versions) {
    const says = JSON.stringify(header);
    for (const version of right) {
      assert.equal(await wrong(header, version), "", `${says} ${version}`);
    }
    for (const version of others) {
      assert.equal(await wrong(header, version), "version", `${says} ${version}`);
    }
  }
});

Deno.test("contradictionOf() holds the product against the file's project, if one is named", async () => {
  const header = esp({ project: "Pump_controller mk-2" });
  for (const product of [undefined, "pump-controller-mk-2", "PUMP CONTROLLER MK 2"]) {
    assert.equal(await wrong(header, "1.0.0", product), "", `${product}`);
  }
  for (const product of ["pump", "pumpcontrollermk2", "pump--controller-mk-2"]) {
    assert.equal(await wrong(header, "1.0.0", product), "product", product);
  }
  assert.equal(await wrong(esp({ project: "arduino-lib-builder" }), "1.0.0", "pump"), "");
  assert.equal(await wrong(mcuboot("1.0.0+0"), "1.0.0", "pump"), "");
});

Deno.test("contradictionOf() says what the file says and what to do, field by field", async () => {
  const header = esp({ version: "v1.2.0", project: "pump" });
  const b = await bench();
  assert.deepEqual(await problemOf(add(b, "2.0.1", { header }, "valve")), {
    status: 422,
    title: "Invalid input",
    detail: "The file says that it is version v1.2.0 and product pump, not 2.0.1 and valve. " +
      "Upload the file that is meant, declare what it says, or take it all the same with " +
      "?header=ignore.",
    errors: [
      {
        path: "version",
        message: "must be v1.2.0, as the file says, unless header=ignore is given",
      },
      { path: "product", message: "must be pump, as the file says, unless header=ignore is given" },
    ],
  });
  const one = await problemOf(add(b, "2.0.1", { header: mcuboot("1.2.0+0") }));
  assert.match(one!.detail, /^The file says that it is version 1\.2\.0, not 2\.0\.1\. /);
});

Deno.test("contradictionOf() refuses a file that is shorter than its header says", async () => {
  const b = await bench();
  const rows = b.store.rows.length;
  const cut = { header: mcuboot("3.0.0+0"), claimedSize: 12_345 };
  const why = "by its MCUboot header the image has at least 12345 bytes, but these are 10000";
  const problem = await problemOf(add(b, "3.0.0", cut));
  assert.deepEqual([problem?.status, problem?.detail, problem?.errors], [
    422,
    `The file is cut off: ${why}. Upload the whole file, or take it as it is with ?header=ignore.`,
    [{ path: "header", message: `must be "ignore" to take a file that is cut off: ${why}` }],
  ]);
  assert.equal(b.store.rows.length, rows);
  assert.equal(await problemOf(add(b, "3.0.0", { ...cut, claimedSize: 10_000 })), undefined);
});

Deno.test("Engine: what a file says of itself is on record, and that it was to be ignored", async () => {
  const b = await bench();
  const header = esp({ project: "pump", version: "v1.2.0", secure_version: 3, digest: hex });
  assert.equal((await problemOf(add(b, "2.0.1", { header })))?.status, 422);
  assert.equal(
    await problemOf(add(b, "2.0.1", { header, claimedSize: 99_999 }, null, true)),
    undefined,
  );
  const facts = b.store.rows.slice(-2).map(({ bytes, data }) => ({
    type: JSON.parse(bytes).type,
    data: JSON.parse(data),
  }));
  assert.deepEqual(facts, [
    {
      type: "ImageUploaded",
      data: { image: `sha256:${hex}`, size: 10_000, sha1: "00", md5: "00", header },
    },
    {
      type: "ReleaseNamed",
      data: {
        version: "2.0.1",
        header_ignored: true,
        artifacts: [{ name: "2.0.1.bin", size: 10_000, sha256: hex }],
      },
    },
  ]);
  assert.deepEqual(b.store.images.get(hex), { ...digests, header });
  // Under the version that they have the same bytes are welcome again; under another they are not.
  assert.equal(await problemOf(add(b, "2.0.1", { header })), undefined);
  assert.equal((await problemOf(add(b, "2.0.2", { header })))?.status, 422);
  assertReplays(b);
});
