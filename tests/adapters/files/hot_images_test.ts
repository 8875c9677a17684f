import assert from "node:assert/strict";
import { HotImages } from "../../../adapters/files/hot_images.ts";
import type { ImageBytes } from "../../../firmware/mod.ts";

interface Memory {
  readonly hot: HotImages;
  /** What was loaded, in this order. */
  readonly loaded: string[];
  /** Asks for an image, which may then be loaded; whether it was there. */
  ask(name: string): Promise<boolean>;
  /** As `ask`, of an image that is there and then is given out. */
  take(name: string): ImageBytes;
}

/** Images named by one letter, as large as said, in a memory of so many bytes. */
function memory(max: number, sizes: Readonly<Record<string, number>>): Memory {
  const loaded: string[] = [];
  const hot = new HotImages((name) => {
    loaded.push(name);
    const size = sizes[name];
    return size === undefined
      ? Promise.reject(new Error("There is no such file"))
      : Promise.resolve(new Uint8Array(size).fill(name.charCodeAt(0)));
  }, max);
  const bytes = (name: string) => {
    const size = sizes[name] ?? 10;
    return hot.bytes({ sha256: name, size }, 0, size);
  };
  return {
    hot,
    loaded,
    ask: async (name) => {
      const given = bytes(name);
      given?.close();
      await hot.settled();
      return given !== undefined;
    },
    take: (name) => bytes(name)!,
  };
}

Deno.test("HotImages gives an image that was asked for before, in views of it", async () => {
  const { hot, loaded } = memory(100, { a: 10 });
  const image = { sha256: "a", size: 10 };
  assert.equal(hot.bytes(image, 0, 10), undefined);
  assert.equal(hot.bytes(image, 0, 10), undefined, "it is being loaded");
  await hot.settled();
  const bytes = hot.bytes(image, 3, 9)!;
  const pieces = [bytes.next(4), bytes.next(4), bytes.next(4)] as (Uint8Array | undefined)[];
  assert.deepEqual(pieces.map((piece) => piece?.length), [4, 2, undefined]);
  assert.equal(pieces[0]!.buffer, pieces[1]!.buffer);
  bytes.close();
  assert.equal(bytes.next(4), undefined);
  assert.deepEqual(loaded, ["a"]);
});

Deno.test("HotImages drops those that were asked for longest ago, as many as must go", async () => {
  const { ask } = memory(100, { a: 40, b: 40, c: 40, d: 100 });
  for (const name of ["a", "b"]) assert.equal(await ask(name), false);
  // Asked for again, `a` is the newer one.
  assert.equal(await ask("a"), true);
  assert.equal(await ask("c"), false);
  assert.equal(await ask("a"), true);
  assert.equal(await ask("c"), true);
  assert.equal(await ask("b"), false, "it had to go");
  assert.equal(await ask("d"), false);
  assert.equal(await ask("d"), true, "all others had to go");
  for (const name of ["b", "a"]) assert.equal(await ask(name), false, name);
});

Deno.test("HotImages holds no more than its bound, however slowly what it gave is taken", async () => {
  const { ask, take, loaded } = memory(100, { a: 60, b: 60, c: 30 });
  await ask("a");
  const [slow, slower] = [take("a"), take("a")];
  assert.deepEqual([await ask("b"), await ask("b")], [false, false], "`a` is being given out");
  await ask("c");
  assert.equal(await ask("c"), true, "there is room for it beside");
  slow.close();
  slow.close();
  assert.equal(await ask("b"), false);
  assert.equal(await ask("b"), false, "one of them still takes");
  assert.equal(await ask("c"), true, "nothing is dropped where that would not be enough");
  assert.equal((slower.next(100) as Uint8Array).length, 60);
  slower.close();
  await ask("b");
  assert.equal(await ask("b"), true);
  assert.deepEqual(loaded, ["a", "c", "b"]);
});

Deno.test("HotImages drops what nobody takes, though what is being given out was asked for before", async () => {
  const { ask, take, loaded } = memory(100, { a: 40, b: 40, c: 40, d: 40 });
  await ask("a");
  const slow = take("a");
  for (const name of ["b", "c", "d"]) await ask(name);
  assert.equal(await ask("a"), true, "it was not dropped");
  assert.deepEqual([await ask("d"), loaded], [true, ["a", "b", "c", "d"]]);
  slow.close();
});

Deno.test("HotImages leaves an image that is larger than its bound to its file", async () => {
  const { ask, loaded } = memory(100, { a: 101, b: 100 });
  await ask("b");
  assert.deepEqual([await ask("a"), await ask("a"), await ask("b")], [false, false, true]);
  assert.deepEqual(loaded, ["b"]);
});

Deno.test("HotImages holds nothing of an image that cannot be loaded, or has another size", async () => {
  const sizes = { a: 60, b: 40, c: 50 };
  const { hot, ask } = memory(100, sizes);
  await ask("missing");
  assert.equal(hot.bytes({ sha256: "c", size: 60 }, 0, 60), undefined);
  await hot.settled();
  assert.equal(hot.bytes({ sha256: "c", size: 60 }, 0, 60), undefined);
  await hot.settled();
  for (const name of ["a", "b"]) await ask(name);
  assert.deepEqual([await ask("a"), await ask("b")], [true, true], "all of the room is there");
});
