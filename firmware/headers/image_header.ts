/** What the header of an image is to everybody else, and what it is read from. */

/** What the file of an image says of itself. Each text is 1 to 32 characters that can be seen. */
export interface ImageHeader {
  readonly format: "esp" | "mcuboot";
  /** What it is the firmware of. */
  readonly project?: string;
  readonly version?: string;
  /** A device that has burnt a higher one refuses the image. */
  readonly secure_version?: number;
  /** As ESP Web Tools name a `chipFamily`. */
  readonly chip?: string;
  /** The SHA-256 by which the running image calls itself, lowercase hexadecimal digits. */
  readonly digest?: string;
}

/** A header that was recognised. */
export interface FoundHeader {
  readonly header: ImageHeader;
  /** Bytes that the image has at least, by its header: with fewer it was cut off. */
  readonly claimedSize: number;
}

/** The bytes of an image, wherever they are. */
export interface HeaderSource {
  readonly size: number;
  /** The bytes [start, end), which lie within the image. */
  read(start: number, end: number): Promise<Uint8Array>;
}
