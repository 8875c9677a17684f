import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { makeFolder, openImageFiles } from "../../../adapters/files/mod.ts";
import type { FolderImages } from "../../../adapters/files/mod.ts";
import { ImageError } from "../../../firmware/mod.ts";
import type { ImageBytes } from "../../../firmware/mod.ts";
import { inFolder } from "../../support/folder.ts";
import { espImage, joined, mcubootImage } from "../../support/made_images.ts";

const bytes = new Uint8Array(randomBytes(300_000));
const sha256 = createHash("sha256").update(bytes).digest("hex");
const options = { maxSize: 1_000_000 };

async function withImages(
  story: (images: FolderImages, names: () => string[], folder: string) => Promise<void>,
) {
  await inFolder(async (folder) => {
    const names = () => [...Deno.readDirSync(`${folder}/images`)].map(({ name }) => name).sort();
    const images = await openImageFiles(folder, 200);
    await story(images, names, folder);
    await images.settled();
  });
}

function streamOf(...parts: Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(parts);
}

async function allOf(source: ImageBytes, max = 131_072): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let part; (part = await source.next(max)) !== undefined;) {
    assert.ok(part.length > 0 && part.length <= max);
    parts.push(part);
  }
  source.close();
  return new Uint8Array(Buffer.concat(parts));
}

Deno.test("ingest() stores bytes under their digest; the same bytes twice are one file", async () => {
  await withImages(async (images, names) => {
    const parts = [bytes.subarray(0, 1), bytes.subarray(1, 200_000), bytes.subarray(200_000)];
    const stored = await images.ingest(streamOf(...parts), { ...options, expectedSize: 300_000 });
    assert.equal(stored.sha256, sha256);
    assert.equal(stored.size, bytes.length);
    assert.equal(stored.md5, createHash("md5").update(bytes).digest("hex"));
    await images.ingest(streamOf(bytes), options);
    assert.deepEqual(names(), [sha256]);
  });
});

Deno.test("ingest() reads what the file says of itself, however the bytes came", async () => {
  await withImages(async (images) => {
    const image = espImage({ version: "v2.0.0", secureVersion: 1, segments: [70_000, 300] });
    const pieces = Array.from({ length: 100 }, (_, n) => image.subarray(n * 710, n * 710 + 710));
    const { header, claimedSize } = await images.ingest(streamOf(...pieces), options);
    const digest = image.subarray(-32).toHex();
    const chip = "ESP32-C3";
    const said = {
      format: "esp",
      project: "pump",
      version: "v2.0.0",
      secure_version: 1,
      chip,
      digest,
    };
    assert.deepEqual([header, claimedSize], [said, image.length]);

    const signed = mcubootImage({ programBytes: 200_000 });
    const part = await images.ingest(streamOf(signed.subarray(0, 150_000)), options);
    assert.deepEqual(part.header, { format: "mcuboot", version: "1.2.3+0" });
    assert.equal(part.claimedSize, 200_512);
    const padded = joined(signed, new Uint8Array(9_000));
    assert.equal((await images.ingest(streamOf(padded), options)).claimedSize, signed.length);
    const plain = await images.ingest(streamOf(bytes), options);
    assert.deepEqual([plain.header, plain.claimedSize], [undefined, undefined]);
  });
});

Deno.test("ingest() refuses what is cut, too long, stalled or empty, and leaves nothing", async () => {
  await withImages(async (images, names) => {
    const never = new ReadableStream<Uint8Array>({ start: (c) => c.enqueue(bytes) });
    const breaks = new ReadableStream<Uint8Array>({
      pull: () => Promise.reject(new Error("reset")),
    });
    const bad: [ReadableStream<Uint8Array>, object, string][] = [
      [streamOf(bytes), { expectedSize: 300_001 }, "truncated"],
      [streamOf(bytes), { expectedSize: 299_999 }, "too_large"],
      [streamOf(bytes), { maxSize: 299_999 }, "too_large"],
      [never, {}, "stalled"],
      [breaks, {}, "io"],
      [streamOf(), {}, "empty"],
      [streamOf(bytes), { expectedSha256: "0".repeat(64) }, "mismatch"],
    ];
    for (const [body, other, code] of bad) {
      const error = await images.ingest(body, { ...options, ...other }).catch((e) => e);
      assert.ok(error instanceof ImageError, code);
      assert.equal(error.code, code);
    }
    assert.deepEqual(names(), []);
  });
});

Deno.test("bytes() gives any part exactly, from the file and from memory", async () => {
  await withImages(async (images) => {
    await images.ingest(streamOf(bytes), options);
    const image = { sha256, size: bytes.length };
    for (const from of ["file", "memory"]) {
      for (const [start, end] of [[0, 300_000], [1, 2], [131_071, 262_145], [299_999, 300_000]]) {
        const source = images.bytes(image, start!, end!);
        if (from === "memory") assert.ok(source.next(0) instanceof Uint8Array);
        assert.deepEqual(await allOf(source), bytes.slice(start, end));
      }
      await images.settled();
    }
  });
});

Deno.test("bytes() errors on a file that is too short, and gives its handle back", async () => {
  await withImages(async (images, _, folder) => {
    await images.ingest(streamOf(bytes), options);
    const image = { sha256, size: bytes.length };
    await Deno.truncate(`${folder}/images/${sha256}`, 299_990);
    const source = images.bytes(image, 299_000, 300_000);
    await assert.rejects(allOf(source), /ends at 299990/);
    source.close();
    const left = images.bytes(image, 0, 300_000);
    await left.next(10);
    left.close();
    left.close();
    assert.equal(await left.next(10), undefined);
  });
});

Deno.test("chunkDigests() makes a map once, keeps it, and makes a damaged one again", async () => {
  await withImages(async (images, names) => {
    await images.ingest(streamOf(bytes), options);
    const hex = (n: number) =>
      createHash("sha256").update(bytes.subarray(n * 4096, n * 4096 + 4096)).digest("hex");
    const both = await Promise.all([
      images.chunkDigests(sha256, 4096, 0, 1_000),
      images.chunkDigests(sha256, 4096, 2, 3),
    ]);
    assert.deepEqual(both[0], Array.from({ length: 74 }, (_, n) => hex(n)));
    assert.deepEqual(both[1], [hex(2), hex(3), hex(4)]);
    assert.deepEqual(await images.chunkDigests(sha256, 4096, 74, 1), []);
    assert.deepEqual(names(), [sha256, `${sha256}.4096.chunks`]);
  });
});

Deno.test("removeOrphans() removes unfinished uploads and images that nobody knows", async () => {
  await withImages(async (images, names) => {
    await images.ingest(streamOf(bytes), options);
    const other = await images.ingest(streamOf(bytes.subarray(1)), options);
    await images.chunkDigests(other.sha256, 65_536, 0, 1);
    assert.equal(await images.removeOrphans((known) => Promise.resolve(known === sha256)), 2);
    assert.deepEqual(names(), [sha256]);
  });
});

Deno.test("settle() removes bytes that nobody names once no other upload of them is under way", async () => {
  await withImages(async (images, names) => {
    const asked: boolean[] = [];
    const settle = (isNamed: boolean) =>
      images.settle(sha256, () => Promise.resolve(asked.push(isNamed)).then(() => isNamed));
    await Promise.all([
      images.ingest(streamOf(bytes), options),
      images.ingest(streamOf(bytes), { ...options, expectedSha256: sha256 }),
    ]);
    await settle(false);
    assert.deepEqual([names(), asked], [[sha256], []]);
    await settle(true);
    assert.deepEqual([names(), asked], [[sha256], [true]]);
    await images.ingest(streamOf(bytes), options);
    await images.settle(sha256, () => Promise.reject(new Error("cannot tell")));
    assert.deepEqual(names(), [sha256]);
    await images.ingest(streamOf(bytes), options);
    await settle(false);
    assert.deepEqual(names(), []);
  });
});

Deno.test("settle() lets an upload of the same bytes come after its removal, not into it", async () => {
  await withImages(async (images, names) => {
    await images.ingest(streamOf(bytes), options);
    const { promise: told, resolve: tell } = Promise.withResolvers<boolean>();
    const settled = images.settle(sha256, () => told);
    const second = images.ingest(streamOf(bytes), options);
    tell(false);
    await Promise.all([settled, second]);
    assert.deepEqual(names(), [sha256]);
  });
});

Deno.test("openImageFiles() says what to do when its folder cannot be one", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/images`, "");
    await assert.rejects(openImageFiles(folder), {
      message:
        `Cannot use ${folder}/images: it is not a folder. Choose another folder with --data.`,
    });
    await assert.rejects(makeFolder(`${folder}/images`), {
      message:
        `Cannot use ${folder}/images: it is not a folder. Choose another folder with --data.`,
    });
    await assert.rejects(openImageFiles(`${folder}/images`), {
      message:
        `Cannot use ${folder}/images/images: it is not a folder. Choose another folder with --data.`,
    });
  });
});

Deno.test("chunkDigests() makes one map at a time, and lets only so many wait", async () => {
  await withImages(async (images) => {
    await images.ingest(streamOf(bytes), options);
    const sizes = Array.from({ length: 30 }, (_, n) => 1_024 * (n + 1));
    const asked = await Promise.allSettled(
      sizes.map((size) => images.chunkDigests(sha256, size, 0, 1)),
    );
    const refused = asked.filter(({ status }) => status === "rejected");
    // A machine that is busy makes some before it comes to the last.
    assert.ok(refused.length > 0 && refused.length <= 14, `${refused.length} were refused`);
    for (const { reason } of refused as PromiseRejectedResult[]) assert.equal(reason.code, "busy");
    // Afterwards there is room again.
    assert.equal((await images.chunkDigests(sha256, sizes.at(-1)!, 0, 1)).length, 1);
  });
});
