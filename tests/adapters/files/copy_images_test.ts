import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { copyImages } from "../../../adapters/files/mod.ts";
import type { ImageCopying } from "../../../adapters/files/mod.ts";
import { inFolder } from "../../support/folder.ts";

const mode = (path: string): number => Deno.statSync(path).mode! & 0o777;

/** A data folder with images of these sizes, and one for the copy. */
async function withImages(
  sizes: readonly number[],
  story: (
    images: { sha256: string; size: number }[],
    copying: ImageCopying & { copied: number[] },
  ) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/from/images`, { recursive: true });
    await Deno.mkdir(`${folder}/to`);
    const images = sizes.map((size) => {
      const bytes = new Uint8Array(randomBytes(size));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      Deno.writeFileSync(`${folder}/from/images/${sha256}`, bytes);
      return { sha256, size };
    });
    const copied: number[] = [];
    const whatToDo = { from: "Mend it.", to: "Make room." };
    const progress = (bytes: number) => void copied.push(bytes);
    const places = { from: `${folder}/from`, to: `${folder}/to` };
    await story(images, { ...places, whatToDo, progress, copied });
  });
}

Deno.test("copyImages() copies what is named, piece by piece, as readable as uploads", async () => {
  await withImages([3_000_000, 1, 1_048_576], async (images, copying) => {
    await Deno.writeTextFile(`${copying.from}/images/other`, "not named");
    await copyImages(images, copying);
    const names = [...Deno.readDirSync(`${copying.to}/images`)].map(({ name }) => name);
    assert.deepEqual(names.sort(), images.map(({ sha256 }) => sha256).sort());
    for (const { sha256 } of images) {
      const [from, to] = [copying.from, copying.to].map((folder) => `${folder}/images/${sha256}`);
      assert.deepEqual(await Deno.readFile(to!), await Deno.readFile(from!));
      assert.equal(mode(to!), mode(from!));
    }
    assert.equal(mode(`${copying.to}/images`), mode(`${copying.from}/images`));
    assert.equal(copying.copied.reduce((sum, bytes) => sum + bytes, 0), 4_048_577);
    assert.ok(copying.copied.every((bytes) => bytes <= 1_048_576));
  });
});

const damages: [what: string, damage: (path: string) => Promise<void>, why: RegExp][] = [
  ["missing", (path) => Deno.remove(path), /it does not exist/],
  ["shorter", (path) => Deno.truncate(path, 9_999), /its bytes are not those of the image/],
  [
    "longer",
    (path) => Deno.writeFile(path, new Uint8Array(5_000_000), { append: true }),
    /its bytes are not those of the image/,
  ],
  [
    "edited",
    async (path) => {
      const bytes = await Deno.readFile(path);
      bytes[5_000]! ^= 1;
      await Deno.writeFile(path, bytes);
    },
    /its bytes are not those of the image/,
  ],
  [
    "a folder",
    async (path) => {
      await Deno.remove(path);
      await Deno.mkdir(path);
    },
    /it is a folder, not a file/,
  ],
];

for (const [what, damage, why] of damages) {
  Deno.test(`copyImages() refuses an image that is ${what}`, async () => {
    await withImages([10_000], async ([image], copying) => {
      const path = `${copying.from}/images/${image!.sha256}`;
      await damage(path);
      const sentence = new RegExp(`^Error: Cannot use ${path}: ${why.source}\\. Mend it\\.$`);
      await assert.rejects(copyImages([image!], copying), sentence);
    });
  });
}

Deno.test("copyImages() stops when it is told to, and says where it cannot write", async () => {
  await withImages([10_000], async (images, copying) => {
    const stop = AbortSignal.abort(new Error("Enough."));
    await assert.rejects(copyImages(images, { ...copying, stop }), new Error("Enough."));
    const to = `${copying.to}/none`;
    await assert.rejects(
      copyImages(images, { ...copying, to }),
      new Error(`Cannot use ${to}/images: it does not exist. Make room.`),
    );
  });
});
