/** What others do for a copy, each for its kind of storage. */
import type { ReplaySummary, StoredCells } from "../../core/mod.ts";

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

/** How a log in a folder came out when it was decided again. */
export interface Replayed {
  readonly summary: ReplaySummary;
  /** When the last row was written: engine time, milliseconds since 1970. */
  readonly at: number;
  readonly finding: { readonly where: string; readonly what: string } | undefined;
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
  /** Decides its log again; `isCompared`: and compares the tables beside it. */
  replay(
    folder: string,
    isCompared: boolean,
    watch: {
      seen(cells: StoredCells): void;
      progress(rows: number, all: number): void;
      readonly stop?: AbortSignal | undefined;
    },
  ): Promise<Replayed>;
  /** The images that its log names. */
  imagesIn(folder: string): readonly NamedImage[];
  /** Copies images, and checks each against its name. */
  copyImages(
    images: readonly NamedImage[],
    copying: Copying & { progress(bytes: number): void; readonly stop?: AbortSignal | undefined },
  ): Promise<void>;
  /** Copies the key of the log of that id, and who may enter. */
  copySecrets(copying: Copying & { readonly log: string }): Promise<void>;
}
