/** The newest checkpoint that was published, as a file of the data folder. */
import { readKnown, writeDurably } from "./small_file.ts";
import { cannotUse } from "../../core/trouble/mod.ts";

/** The file. What it says reaches nobody who could not read or write the log as well. */
export interface PublishedNote {
  /** What is in it; `undefined`: there is none. @throws {Error} */
  read(): Promise<string | undefined>;
  /** Puts that in its place, durably. @throws {Error} */
  write(text: string): Promise<void>;
}

/** The file in that folder, which a backup leaves out: what it lacks was published, too. */
export function publishedNote(folder: string): PublishedNote {
  const path = `${folder}/published.checkpoint`;
  const explained = async <T>(what: Promise<T>): Promise<T> => {
    try {
      return await what;
    } catch (error) {
      throw cannotUse(path, error, "The engine must be able to read and write it: mend that.");
    }
  };
  return {
    read: () => explained(readKnown(path)),
    write: (text) => explained(writeDurably(path, text)),
  };
}
