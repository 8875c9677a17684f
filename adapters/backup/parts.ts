/** What others do for a copy, each for its kind of storage. */
import type { StoredCells } from "../../core/mod.ts";

/** An image by its SHA-256 (hexadecimal digits). */
export interface NamedImage {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** From where to where, and what a person is to do where that cannot be. */
export interface Copying {
  readonly from: string;
  readonly to: string;
  readonly whatToDo: { readonly from: string; readonly to: string };
}

/** The first place where a log is not as it was decided. */
export interface Finding {
  readonly where: string;
  readonly what: string;
}

/** What is in a folder. */
export interface Contents {
  readonly rows: number;
  readonly devices: number;
  /** The id of the log; empty for a log without rows, as is the next one. */
  readonly log: string;
  /** The hash of the last row. */
  readonly head: string;
  /** When the last row was written, in milliseconds since 1970; `undefined`: it does not say so. */
  readonly at: number | undefined;
  /** The images that the log names. */
  readonly images: readonly NamedImage[];
}

/** Those who know how. */
export interface CopyParts {
  /** A folder that appears when it is filled, or not at all. */
  newFolder<T>(
    place: { readonly path: string; readonly apartFrom: string; readonly whatToDo: string },
    fill: (folder: string) => Promise<T>,
  ): Promise<T>;
  /** The database as it is at one moment; its bytes. */
  copyDatabase(copying: Copying & { progress(share: number): void }): Promise<number>;
  /** Whether its tables are those of this otalog, and not of an older one. */
  hasOwnTables(folder: string): Promise<boolean>;
  /** Brings its tables up to date. */
  updateTables(folder: string): Promise<void>;
  contentsOf(folder: string): Contents;
  /** Its rows, one after the other. */
  rowsOf(folder: string): Iterable<StoredCells>;
  /** Decides its log again; `isCompared`: and compares the tables beside it. */
  replay(
    folder: string,
    isCompared: boolean,
    watch: {
      progress(rows: number, all: number): void;
      readonly stop?: AbortSignal | undefined;
    },
  ): Promise<Finding | undefined>;
  /** Copies images, and checks each against its name. */
  copyImages(
    images: readonly NamedImage[],
    copying: Copying & { progress(bytes: number): void; readonly stop?: AbortSignal | undefined },
  ): Promise<void>;
  /** Copies the key of the log of that id, and who may enter. */
  copySecrets(copying: Copying & { readonly log: string }): Promise<void>;
}
