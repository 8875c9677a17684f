/**
 * What an image is to everybody else: immutable bytes named by their SHA-256. An interface only; the
 * bytes themselves live in an adapter.
 */
import type { ImageHeader } from "./headers/mod.ts";

/** An image with its digests, as lowercase hexadecimal digits. */
export interface StoredImage {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly sha1: string;
  readonly md5: string;
  /** What its file says of itself, if that is known. */
  readonly header?: ImageHeader;
  /** Bytes that it has at least, by its header. */
  readonly claimedSize?: number;
}

/** How an upload is bounded. */
export interface IngestOptions {
  /** The declared size in bytes, if any; another size is refused. */
  readonly expectedSize?: number | undefined;
  /** More bytes than this are refused. */
  readonly maxSize: number;
  /** The SHA-256 that was declared, if any; other bytes are refused. */
  readonly expectedSha256?: string | undefined;
}

/** Some bytes of an image, piece by piece. */
export interface ImageBytes {
  /**
   * The next ones, at most `max`; `undefined` after the last. What is at hand comes at once.
   *
   * @throws {Error} when fewer are stored than there should be.
   */
  next(max: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Gives back what it holds; may be called at any time, and more than once. */
  close(): void;
}

/** The stored bytes of images. Digests are 64 lowercase hexadecimal digits. */
export interface ImageFiles {
  /**
   * Streams the bytes into the store; they are durable before it resolves. Then the log decides on
   * them, and `settle` must follow.
   *
   * @throws {ImageError} and then nothing stays.
   */
  ingest(body: ReadableStream<Uint8Array>, options: IngestOptions): Promise<StoredImage>;
  /**
   * Ends an ingest: once no other of the same bytes is under way, they are removed unless they are
   * named. When that cannot be told or done, they stay until the next start. Never rejects.
   */
  settle(sha256: string, isNamed: () => Promise<boolean>): Promise<void>;
  /** The bytes [start, end), read on demand; `close()` must follow. */
  bytes(image: Pick<StoredImage, "sha256" | "size">, start: number, end: number): ImageBytes;
  /** The bytes [start, end), all at once: of a part that is sent whole. */
  read(
    image: Pick<StoredImage, "sha256" | "size">,
    start: number,
    end: number,
  ): Promise<Uint8Array>;
  /**
   * Digests of `count` chunks from chunk `from` on; made once per image and size, and kept.
   *
   * @throws {ImageError} `busy` when too many wait to be made.
   */
  chunkDigests(
    sha256: string,
    chunkBytes: number,
    from: number,
    count: number,
  ): Promise<string[]>;
}

/** Why an image was not taken, or not looked at. */
export type ImageErrorCode =
  | "too_large"
  | "no_room"
  | "truncated"
  | "stalled"
  | "empty"
  | "mismatch"
  | "busy"
  | "io";

/** An image was not taken, and nothing of it stays. */
export class ImageError extends Error {
  override readonly name = "ImageError";
  /** What was wrong. */
  readonly code: ImageErrorCode;
  /** `message` is a sentence that says what to do. */
  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
