/** What images say of themselves is read, and hostile bytes say nothing. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { factSchemas } from "../../core/mod.ts";
import { readHeader } from "../../firmware/mod.ts";
import type { FoundHeader, HeaderSource } from "../../firmware/mod.ts";
import { esp8266Image, espImage, joined, mcubootImage } from "../support/made_images.ts";

/** Bytes in memory, of which no more may be read than there are. */
function bytesOf(bytes: Uint8Array, read: (length: number) => void = () => {}): HeaderSource {
  return {
    size: bytes.length,
    read: (start, end) => {
      assert.ok(0 <= start && start <= end && end <= bytes.length, `${start} to ${end}`);
      read(end - start);
      return Promise.resolve(bytes.slice(start, end));
    },
  };
}

const found = (bytes: Uint8Array): Promise<FoundHeader | undefined> => readHeader(bytesOf(bytes));
const headerOf = async (bytes: Uint8Array) => (await found(bytes))?.header;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

Deno.test("readHeader() reads an ESP image: project, version, secure version, chip and digest", async () => {
  const image = espImage({ version: "v1.2.3", project: "pump controller", secureVersion: 7 });
  assert.deepEqual(await found(image), {
    header: {
      format: "esp",
      project: "pump controller",
      version: "v1.2.3",
      secure_version: 7,
      chip: "ESP32-C3",
      digest: sha256(image.subarray(0, -32)),
    },
    claimedSize: image.length,
  });
  const plain = espImage({ hasDigest: false });
  const { digest, ...header } = (await found(plain))!.header;
  assert.deepEqual([digest, header.project, header.version], [undefined, "pump", "1.2.3"]);
});

Deno.test("readHeader() finds the digest of an ESP image before its signature", async () => {
  const image = espImage();
  const signed = joined(image, new Uint8Array(4_096).fill(0xe7));
  assert.deepEqual(await found(signed), await found(image));
});

Deno.test("readHeader() names the chip of an ESP image, and none that it does not know", async () => {
  const named = {
    0: "ESP32",
    2: "ESP32-S2",
    5: "ESP32-C3",
    9: "ESP32-S3",
    12: "ESP32-C2",
    13: "ESP32-C6",
    16: "ESP32-H2",
    18: "ESP32-P4",
  };
  for (const [chipId, chip] of Object.entries(named)) {
    assert.equal((await headerOf(espImage({ chipId: Number(chipId) })))?.chip, chip);
  }
  for (const chipId of [1, 0xffff]) {
    assert.equal((await headerOf(espImage({ chipId })))?.chip, undefined);
  }
});

Deno.test("readHeader() leaves out texts that are empty or cannot be seen", async () => {
  const full = "x".repeat(32);
  assert.equal((await headerOf(espImage({ version: full })))?.version, full);
  assert.equal((await headerOf(espImage({ version: "größer" })))?.version, "größer");
  const hidden = ["", " a", "a ", "a\tb", "\x1b[2J", "a\u202eb", Uint8Array.of(0x61, 0xff)];
  for (const text of hidden) {
    const { version, project } = (await headerOf(espImage({ version: text, project: text })))!;
    assert.deepEqual([version, project], [undefined, undefined], JSON.stringify(text));
  }
});

Deno.test("readHeader() takes an ESP image for one though its segments make no sense", async () => {
  const insane: [number, number][] = [[1, 0], [1, 17], [28, 255]];
  for (const [at, value] of insane) {
    const image = espImage();
    image.fill(0, 28, 32);
    image[at] = value;
    const { header, claimedSize } = (await found(image))!;
    const digest = image.subarray(-32).toHex();
    assert.deepEqual([header.version, header.digest, claimedSize], ["1.2.3", digest, image.length]);
  }
});

Deno.test("readHeader() reads an ESP8266 image, if all of it fits", async () => {
  for (const entry of [0x4010_f480, 0x4020_1234]) {
    const image = esp8266Image({ entry });
    const header = { format: "esp", chip: "ESP8266" } as const;
    assert.deepEqual(await found(image), { header, claimedSize: image.length });
    // Behind the loader follows the program.
    assert.deepEqual((await found(joined(image, image)))?.header, header);
    assert.equal(await found(image.subarray(0, -1)), undefined);
  }
  assert.equal(await found(esp8266Image({ entry: 0x4008_1234 })), undefined);
  assert.equal(await found(esp8266Image({ segments: [] })), undefined);
});

Deno.test("readHeader() sees where a sketch ends behind its boot loader", async () => {
  const loader = new Uint8Array(0x1000).fill(0xff);
  loader.set(esp8266Image({ segments: [1_500] }));
  const image = joined(loader, esp8266Image({ entry: 0x4010_0128, segments: [30_000, 900] }));
  assert.equal((await found(image))?.claimedSize, image.length);
  for (const size of [0x1000 + 8, 20_000, image.length - 1]) {
    const claimed = (await found(image.subarray(0, size)))!.claimedSize;
    assert.ok(claimed > size && claimed <= image.length, `${claimed} of ${size}`);
  }
  // In a program without a loader it is a part of that.
  const large = esp8266Image({ segments: [9_000] });
  large.set([0xe9, 16, 2, 0, 0, 0, 0x10, 0x40, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f], 0x1000);
  assert.equal((await found(large))?.claimedSize, large.length);
  // Whatever else comes there is none of our business.
  assert.equal((await found(joined(loader, new Uint8Array(50))))?.claimedSize, 1_520);
});

Deno.test("readHeader() reads an MCUboot image: version and digest", async () => {
  const image = mcubootImage({ version: [1, 2, 345, 67_890] });
  assert.deepEqual(await found(image), {
    header: { format: "mcuboot", version: "1.2.345+67890", digest: sha256(image.slice(0, 3_512)) },
    claimedSize: image.length,
  });
  const guarded = mcubootImage({ headerBytes: 32, isProtected: true });
  assert.deepEqual(await found(guarded), {
    header: { format: "mcuboot", version: "1.2.3+0", digest: sha256(guarded.slice(0, 3_044)) },
    claimedSize: guarded.length,
  });
  // What fills the slot behind it is none of its.
  const padded = joined(image, new Uint8Array(10_000).fill(0xff));
  assert.deepEqual(await found(padded), await found(image));
});

Deno.test("readHeader() reads an MCUboot image without a version, and one without a signature", async () => {
  const { version } = (await headerOf(mcubootImage({ version: [0, 0, 0, 0] })))!;
  assert.equal(version, undefined);
  const bare = mcubootImage({ isSigned: false });
  const header = { format: "mcuboot", version: "1.2.3+0" } as const;
  assert.deepEqual(await found(bare), { header, claimedSize: bare.length });
});

Deno.test("readHeader() does not take for an MCUboot image what does not fit together", async () => {
  const broken: [string, number, number[]][] = [
    ["another magic word", 0, [0x3c]],
    ["a header shorter than itself", 8, [31, 0]],
    ["a program that is shorter than it is", 12, [0xb7, 0x0b]],
    ["a protected area that is none", 10, [8, 0]],
    ["an area shorter than its own header", 3_514, [3, 0]],
  ];
  for (const [what, at, bytes] of broken) {
    const image = mcubootImage();
    image.set(bytes, at);
    assert.equal(await found(image), undefined, what);
  }
  const image = mcubootImage();
  // The first entry, longer than all of them.
  image.set([0xff, 0xff], 3_518);
  assert.equal((await headerOf(image))?.digest, undefined);
});

Deno.test("readHeader() tells a part of an image from the whole, wherever it was cut", async () => {
  const images = [espImage(), espImage({ hasDigest: false, segments: [256, 0, 7, 0] })];
  const signed = [mcubootImage(), mcubootImage({ headerBytes: 32, isProtected: true })];
  for (const image of [...images, ...signed]) {
    const format = (await headerOf(image))!.format;
    for (let size = 0; size < image.length; size++) {
      const part = await found(image.subarray(0, size));
      if (!part) {
        assert.ok(size < 36, `of ${format}, ${size} bytes were not recognised`);
        continue;
      }
      // Of an image for MCUboot whose end is where its areas would begin nobody can tell.
      const isBare = format === "mcuboot" && part.claimedSize === size;
      assert.ok(part.claimedSize > size || isBare, `${size} bytes of ${format} are whole`);
      assert.ok(part.claimedSize <= image.length, `${part.claimedSize} of ${image.length}`);
      assert.equal(part.header.digest, undefined);
    }
  }
});

/** Images with some of their first bytes, or of any, replaced. */
const damaged = fc.tuple(
  fc.constantFrom(espImage, esp8266Image, mcubootImage, () => espImage({ segments: [256] })),
  fc.array(
    fc.tuple(fc.oneof(fc.nat(63), fc.nat(4_000)), fc.constantFrom(0, 1, 4, 16, 0x7f, 0xff)),
    { maxLength: 6 },
  ),
  fc.nat(4_500),
).map(([make, edits, size]) => {
  const image = make();
  for (const [at, byte] of edits) if (at < image.length) image[at] = byte;
  return image.subarray(0, size);
});
/** Whatever bytes, behind what an image begins with. */
const begun = fc.tuple(
  fc.constantFrom([], [0xe9], [0xe9, 16, 2, 0, 0, 0, 0x10, 0x40], [0x3d, 0xb8, 0xf3, 0x96]),
  fc.uint8Array({ maxLength: 600 }),
).map(([begin, rest]) => joined(Uint8Array.from(begin), rest));

Deno.test("readHeader() never fails, reads little, and says only what a fact may have", async () => {
  const { header } = factSchemas.ImageUploaded.shape;
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, begun), async (bytes) => {
      let [reads, total] = [0, 0];
      const result = await readHeader(bytesOf(bytes, (length) => (reads++, total += length)));
      assert.ok(reads <= 20 && total <= 66 * 1_024, `${reads} reads, ${total} bytes`);
      assert.ok(header.safeParse(result?.header).success, JSON.stringify(result));
      assert.ok(result === undefined || Number.isSafeInteger(result.claimedSize));
    }),
    { numRuns: 2_000 },
  );
});
