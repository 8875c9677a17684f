/** A flag that takes one word of a list. */
import { UsageError } from "./args.ts";
import type { Flag } from "./args.ts";

/** The words are named in the help, after what it says. */
export function choice<W extends string>(
  value: string,
  words: readonly W[],
  help: string,
): Flag<W | undefined> {
  const named = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return {
    value,
    help: `${help}: ${named}`,
    read: (text, name) => {
      const word = words.find((word) => word === text);
      if (text === undefined || word !== undefined) return word;
      throw new UsageError(`--${name} must be ${named}, not "${text}".`);
    },
  };
}
