/** The bytes of one upload into one new file, digested as they pass; then its header is read. */
import { ImageDigests, ImageError, readHeader } from "../../firmware/mod.ts";
import type { IngestOptions, StoredImage } from "../../firmware/mod.ts";
import { headerSource } from "./header_source.ts";

/**
 * Writes the bytes and syncs them. The file stays, whatever happens: it is its maker's to remove.
 *
 * @throws {ImageError}
 */
export async function writeImage(
  path: string,
  body: ReadableStream<Uint8Array>,
  options: IngestOptions,
  stalledAfterMs: number,
): Promise<StoredImage> {
  try {
    using file = await Deno.open(path, { createNew: true, read: true, write: true });
    const digests = await copy(body, file, options, stalledAfterMs);
    check(digests.size, options);
    await file.sync();
    const image = digests.finish();
    checkDigest(image.sha256, options);
    return { ...image, ...await readHeader(headerSource(file, image.size)) };
  } catch (error) {
    throw toImageError(error);
  }
}

async function copy(
  body: ReadableStream<Uint8Array>,
  file: Deno.FsFile,
  { expectedSize, maxSize }: IngestOptions,
  stalledAfterMs: number,
): Promise<ImageDigests> {
  const digests = new ImageDigests();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await next(reader, stalledAfterMs);
      if (done) return digests;
      digests.update(value);
      if (digests.size > Math.min(maxSize, expectedSize ?? maxSize)) throw tooLarge(maxSize);
      await writeAll(file, value);
    }
  } catch (error) {
    // Not awaited: a source that hangs would hang us, too.
    void reader.cancel(error).catch(() => {});
    throw error;
  }
}

async function next(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  stalledAfterMs: number,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  const { promise, reject } = Promise.withResolvers<never>();
  const seconds = stalledAfterMs / 1000;
  const late = () =>
    reject(new ImageError("stalled", `No byte arrived for ${seconds} s. Send the image again.`));
  const timer = setTimeout(late, stalledAfterMs);
  return await Promise.race([reader.read(), promise]).finally(() => clearTimeout(timer));
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

function check(size: number, { expectedSize }: IngestOptions): void {
  if (size === 0) throw new ImageError("empty", "The image is empty. Send its bytes.");
  if (expectedSize !== undefined && size < expectedSize) {
    throw new ImageError(
      "truncated",
      `Only ${size} of ${expectedSize} bytes arrived. Send the image again.`,
    );
  }
}

function checkDigest(sha256: string, { expectedSha256 }: IngestOptions): void {
  if (expectedSha256 === undefined || expectedSha256 === sha256) return;
  throw new ImageError(
    "mismatch",
    `What arrived has the checksum sha256:${sha256}, but sha256:${expectedSha256} was announced. Send the image again.`,
  );
}

function tooLarge(maxSize: number): ImageError {
  return new ImageError(
    "too_large",
    `The image has more bytes than were declared or than ${maxSize}. Send a smaller one.`,
  );
}

/** Any fault as an {@link ImageError}. */
export function toImageError(error: unknown): ImageError {
  if (error instanceof ImageError) return error;
  const { code, message } = error as { code?: string; message?: string };
  return code === "ENOSPC" || code === "EDQUOT"
    ? new ImageError("no_room", "There is no room for the image. Free some and send it again.", {
      cause: error,
    })
    : new ImageError("io", `The image could not be stored: ${message}. Send it again.`, {
      cause: error,
    });
}
