/** What is announced with an upload is checked, and a refused upload leaves nothing on the disk. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { problem } from "../../../core/mod.ts";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";
import { esp8266Image, espImage, mcubootImage } from "../../support/made_images.ts";

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

Deno.test("an image that contradicts what it is uploaded as is refused, and nothing of it stays", async () => {
  await onStage(async (stage) => {
    const events = async () => (await stage.json("GET", "/events?limit=500")).body.items.length;
    const before = await events();
    const image = espImage({ version: "v1.2.0", project: "pump_one" });
    const refused: [path: string, body: Uint8Array<ArrayBuffer>, detail: RegExp][] = [
      ["/firmware/2.0.0", image, /^422 The file says that it is version v1\.2\.0, not 2\.0\.0\. /],
      ["/firmware/1.2.0?product=valve", image, /^422 The file says that it is product pump_one, /],
      [
        "/firmware/2.0.0?product=valve",
        image,
        /is version v1\.2\.0 and product pump_one, not 2\.0/,
      ],
      ["/firmware/2.0.0", mcubootImage(), /^422 The file says that it is version 1\.2\.3, not 2/],
      [
        "/firmware/1.2.0",
        image.slice(0, -1),
        /^422 The file is cut off: by its ESP header the image/,
      ],
      [
        "/firmware/1.2.3",
        mcubootImage().slice(0, 2_000),
        /at least 3512 bytes, but these are 2000\./,
      ],
    ];
    for (const [path, body, detail] of refused) {
      const said = await put(stage, path, body);
      assert.match(said, detail);
      assert.match(said, /\?header=ignore\.$/);
    }
    const { errors } = await (await stage.request("PUT", refused[2]![0], { body: image })).json();
    assert.deepEqual(errors.map(({ path }: { path: string }) => path), ["version", "product"]);
    assert.deepEqual([await events(), stage.images(), stage.faults], [before, [], []]);
    for (
      const query of ["header=", "header=Ignore", "header=1", "header=ignore&header=ignore&x=1"]
    ) {
      assert.match(await put(stage, `/firmware/1.2.0?${query}`, image), /^422 The query is not/);
    }
  });
});

Deno.test("an image is uploaded as what it says, or as what an operator insists on", async () => {
  await onStage(async (stage) => {
    const image = espImage({ version: "v1.2.0", project: "pump_one", secureVersion: 2 });
    const header = {
      format: "esp",
      project: "pump_one",
      version: "v1.2.0",
      secure_version: 2,
      chip: "ESP32-C3",
    };
    const path = "/firmware/1.2.0?product=Pump%20One";
    const uploaded = await stage.request("PUT", path, { body: image });
    assert.deepEqual([uploaded.status, (await uploaded.json()).header], [201, header]);
    assert.match(await put(stage, path, image), /^200 /);
    assert.match(await put(stage, "/firmware/7.0.0?header=ignore", image), /^201 /);
    // It is there already: whatever it says, nothing is asked again.
    assert.match(await put(stage, "/firmware/7.0.0", image), /^200 /);
    assert.match(
      await put(stage, "/firmware/1.2.3", mcubootImage({ version: [1, 2, 3, 9] })),
      /^201 /,
    );
    const part = mcubootImage().slice(0, 2_000);
    assert.match(await put(stage, "/firmware/1.2.4?header=ignore", part), /^201 /);
    assert.match(await put(stage, "/firmware/8", esp8266Image()), /^201 /);
    const { items } = (await stage.json("GET", "/firmware")).body;
    assert.deepEqual(
      items.map(({ version, header, header_ignored }: Listed) => [version, header, header_ignored]),
      [
        ["1.2.0", header, undefined],
        ["1.2.3", { format: "mcuboot", version: "1.2.3+9" }, undefined],
        ["1.2.4", { format: "mcuboot", version: "1.2.3+0" }, true],
        ["7.0.0", header, true],
        ["8", { format: "esp", chip: "ESP8266" }, undefined],
      ],
    );
    const { body } = await stage.json("GET", path);
    assert.deepEqual(body.header, header);
    const stored = (await stage.reads.image(sha256(image)))?.header;
    assert.deepEqual(stored, { ...header, digest: image.subarray(-32).toHex() });
    const rows = (await stage.json("GET", "/events?limit=500")).body.items;
    const ignored = rows.filter(({ data }: { data: object }) => "header_ignored" in data);
    assert.deepEqual(
      ignored.map(({ data }: { data: { version: string } }) => data.version),
      ["7.0.0", "1.2.4"],
    );
  });
});

/** What is listed of a version. */
interface Listed {
  readonly version: string;
  readonly header: object;
  readonly header_ignored?: true;
}

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
