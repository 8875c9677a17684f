/** Words and flags whose values the protocol's own schemas check, and those that are repeated. */
import { required, UsageError } from "./args.ts";
import type { Flag, Word } from "./args.ts";

/** What a schema of the protocol makes of a text. */
export interface Checker {
  safeParse(text: string): {
    readonly success: boolean;
    readonly error?: { readonly issues: readonly { readonly message: string }[] } | undefined;
  };
}

/** A word that must be given. */
export function word(value: string, help: string, checker?: Checker): Word<string> {
  return { value, help, read: (text) => checkText(value, text!, checker) };
}

/** A word that may be left out. */
export function maybeWord(value: string, help: string): Word<string | undefined> {
  return { value, help, isOptional: true, read: (text) => text };
}

/** All the words that follow, perhaps none. */
export function words(value: string, help: string, checker?: Checker): Word<readonly string[]> {
  const read = (_: unknown, name: string, all: readonly string[]) =>
    all.map((text) => checkText(name, text, checker));
  return { value, help, isMany: true, read };
}

/** A text that may be left out, checked. */
export function checked(value: string, help: string, checker: Checker): Flag<string | undefined> {
  return {
    value,
    help,
    read: (text, name) => text === undefined ? undefined : checkText(`--${name}`, text, checker),
  };
}

/** A text that may be left out, as the schema reads it. */
export function read<T>(
  value: string,
  help: string,
  checker: Checker & { parse(text: string): T },
): Flag<T | undefined> {
  return {
    value,
    help,
    read: (text, name) =>
      text === undefined ? undefined : checker.parse(checkText(`--${name}`, text, checker)),
  };
}

/** A text that must be given, checked. */
export function requiredChecked(value: string, help: string, checker: Checker): Flag<string> {
  const flag = required(value, help);
  return {
    ...flag,
    read: (text, name, all) => checkText(`--${name}`, flag.read(text, name, all), checker),
  };
}

/** A flag that may be given several times. */
export function list(value: string, help: string, checker: Checker): Flag<readonly string[]> {
  const read = (_: unknown, name: string, all: readonly string[]) =>
    all.map((text) => checkText(`--${name}`, text, checker));
  return { value, help, isMany: true, read };
}

function checkText(name: string, text: string, checker?: Checker): string {
  const message = checker?.safeParse(text).error?.issues[0]?.message;
  if (message !== undefined) throw new UsageError(`${name} ${message}; it is "${text}".`);
  return text;
}

/** As many choices as a line of the help can name. */
const SHOWN_MAX = 5;

/** One of a few words; it may be left out. */
export function oneOf<T extends string>(
  value: string,
  help: string,
  choices: readonly T[],
): Flag<T | undefined> {
  return {
    value,
    help: choices.length > SHOWN_MAX ? help : `${help}: ${choices.join(", ")}`,
    read: (text, name) => {
      const choice = choices.find((choice) => choice === text);
      if (text === undefined || choice) return choice;
      throw new UsageError(`--${name} must be one of ${choices.join(", ")}, not "${text}".`);
    },
  };
}
