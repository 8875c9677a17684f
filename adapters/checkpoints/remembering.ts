/**
 * A server of checkpoints need not give anything back: so the newest one that it took is kept here, too,
 * in the data folder. That is weaker than what it says itself, as whoever edits the log can edit or remove
 * what stands beside it; but an older copy of a log is still found where only the log was replaced.
 */
import type { Publisher } from "./publisher.ts";
import type { ServerPublisher } from "./server.ts";

/** What remembering needs. */
export interface RememberingParts {
  /** A small file. */
  readonly file: {
    /** What is in it; `undefined`: there is none. */
    read(): Promise<string | undefined>;
    /** Puts that in its place, durably. */
    write(text: string): Promise<void>;
  };
  /** Takes a sentence for the operator. */
  tell(sentence: string): void;
}

/** The server, and what it took last. That it gives nothing back is told, and is no fault. */
export function remembering(server: ServerPublisher, { file, tell }: RememberingParts): Publisher {
  // What one place was told does not bind us at another: that begins anew.
  const head = `${server.place}\n\n`;
  return {
    publish: async (note, signal) => {
      await server.publish(note, signal);
      await file.write(`${head}${note}`);
    },
    readBack: async () => {
      const own = await file.read() ?? "";
      const known = own.startsWith(head) ? own.slice(head.length) : "";
      const given = await server.readBack().catch(({ message }: Error) => {
        tell(`${message} Of earlier checkpoints only what the data folder says is known.`);
        return "";
      });
      return `${known}\n\n${given}`;
    },
  };
}
