import assert from "node:assert/strict";
import { FileBytes } from "../../../adapters/files/file_bytes.ts";

async function withFile(story: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, Uint8Array.from({ length: 100 }, (_, n) => n));
  await story(path).finally(() => Deno.remove(path));
}

Deno.test("FileBytes gives its part of the file in pieces, and then nothing", async () => {
  await withFile(async (path) => {
    const bytes = new FileBytes(path, 10, 35);
    const all: number[] = [];
    for (let piece = await bytes.next(10); piece; piece = await bytes.next(10)) all.push(...piece);
    assert.deepEqual(all, Array.from({ length: 25 }, (_, n) => n + 10));
    assert.equal(await bytes.next(10), undefined);
    bytes.close();
    bytes.close();
  });
});

Deno.test("FileBytes says where a file ends that is too short", async () => {
  await withFile(async (path) => {
    const bytes = new FileBytes(path, 90, 110);
    assert.equal((await bytes.next(20))!.length, 10);
    await assert.rejects(bytes.next(20), { message: "The file ends at 100, before 110" });
    bytes.close();
  });
});

Deno.test("FileBytes opens nothing before it is read, and gives its file back whenever it is closed", async () => {
  await withFile(async (path) => {
    new FileBytes(`${path}.none`, 0, 10).close();
    await assert.rejects(new FileBytes(`${path}.none`, 0, 10).next(10), Deno.errors.NotFound);
    const closed = new FileBytes(path, 0, 10);
    closed.close();
    assert.equal(await closed.next(10), undefined);
    // Closed while it opens: the sanitizers tell whether its handle stays.
    const opening = new FileBytes(path, 0, 10);
    const piece = opening.next(10);
    opening.close();
    assert.equal(await piece, undefined);
    const half = new FileBytes(path, 0, 100);
    await half.next(10);
    half.close();
  });
});
