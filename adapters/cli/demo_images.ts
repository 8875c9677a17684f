/**
 * Two real images to go from and to: consecutive MicroPython builds for WebAssembly (MIT), which come
 * with the other packages and are never copied into this repository.
 */
import { reasonOf } from "../../core/trouble/mod.ts";

/** An image of the demonstration. */
export interface DemoImage {
  readonly version: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The image to go from and the image to go to; `file` is one's own, to go to. */
export async function demoImages(file: string | undefined): Promise<[DemoImage, DemoImage]> {
  const [from, to] = await Promise.all([
    import("micropython-1.26/micropython.wasm", { with: { type: "bytes" } }),
    import("micropython-1.27/micropython.wasm", { with: { type: "bytes" } }),
  ]);
  const old = { version: "1.26.0", bytes: from.default as Uint8Array<ArrayBuffer> };
  if (file === undefined) {
    return [old, { version: "1.27.0", bytes: to.default as Uint8Array<ArrayBuffer> }];
  }
  return [old, { version: "2.0.0-own", bytes: await readFirmware(file) }];
}

/** The bytes of one's own image. @throws {Error} when there are none; the sentence says what to do. */
export async function readFirmware(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(file).catch((error) => {
    throw unusable(file, reasonOf(error, { ENOENT: "there is no such file" }));
  });
  if (bytes.length === 0) throw unusable(file, "it is empty");
  return bytes;
}

function unusable(file: string, why: string): Error {
  return new Error(`Cannot use ${file}: ${why}. Name an image with --firmware.`);
}
