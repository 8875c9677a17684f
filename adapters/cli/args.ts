/** The command line as data: flags declared once give parsing, checking and help. */
import { parseArgs } from "node:util";

/** The command line was wrong; the message is one sentence that says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A flag: `--name VALUE`, or a switch without a value. */
export interface Flag<T> {
  /** How the value is shown in the help; `undefined` for a switch. */
  readonly value?: string;
  readonly help: string;
  /** It may be given several times. */
  readonly isMany?: true;
  /** A word that may be left out; nothing but words like it may follow. */
  readonly isOptional?: true;
  /**
   * Turns the text into the value; throws a {@link UsageError} that quotes it. `all`: the texts of a
   * flag that was given several times.
   */
  readonly read: (text: string | undefined, name: string, all: readonly string[]) => T;
}

/** A word that is known by its place; the last one may stand for all that follow. */
export type Word<T> = Flag<T> & { readonly value: string };

/** Flags by their name. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** Words by the names of their values, in the order in which they are given. */
export type Words = Readonly<Record<string, Word<unknown>>>;

/** The checked values of flags. */
export type Values<F extends Flags> = {
  readonly [N in keyof F]: F[N] extends Flag<infer T> ? T : never;
};

/** A command: its name, what it does, and its flags. */
export interface Command<F extends Flags, W extends Words = Words> {
  readonly name: string;
  readonly summary: string;
  /** What stands before the flags, in this order. */
  readonly words?: W;
  /** More about it, in lines of at most 100 characters: when it ends, with which exit codes. */
  readonly notes?: readonly string[];
  readonly flags: F;
}

/** `--help` was asked for: the text to show. */
export class HelpWanted extends Error {
  override readonly name = "HelpWanted";
}

/** Parses arguments. @throws {UsageError | HelpWanted} */
// deno-lint-ignore ban-types -- a command without words adds nothing to its values
export function parseCommand<F extends Flags, W extends Words = {}>(
  command: Command<F, W>,
  args: string[],
): Values<F> & Values<W> {
  const options = Object.fromEntries(
    Object.entries({ ...command.flags, ...common }).map(([name, flag]: [string, Flag<unknown>]) => [
      name,
      {
        type: flag.value === undefined ? "boolean" : "string",
        multiple: flag.value !== undefined,
      } as const,
    ]),
  );
  const { values, positionals } = tryParse(command, args, options);
  if (values.help) throw new HelpWanted(helpText(command));
  const flags = Object.entries({ ...command.flags, verbose: common.verbose }).map(
    ([name, flag]: [string, Flag<unknown>]) => {
      const all = [values[name] ?? []].flat().map(String);
      if (all.includes("")) throw new UsageError(`--${name} is empty. ${giveAs(name, flag)}`);
      if (all.length > 1 && !flag.isMany) {
        throw new UsageError(`--${name} is given ${all.length} times. Give it once.`);
      }
      return [name, flag.read(all.at(-1), name, all)];
    },
  );
  const words = readWords(command, positionals);
  return Object.fromEntries([...flags, ...words]) as unknown as Values<F> & Values<W>;
}

function readWords(command: Command<Flags>, given: readonly string[]): [string, unknown][] {
  const words = Object.entries(command.words ?? {});
  const isOpen = words.at(-1)?.[1].isMany;
  const excess = isOpen ? undefined : given[words.length];
  if (excess !== undefined) {
    throw new UsageError(`"${excess}" is not expected here. ${seeHelp(command)}`);
  }
  return words.map(([name, word], index) => {
    const all = word.isMany ? given.slice(index) : given.slice(index, index + 1);
    if (all[0] === undefined && !word.isMany && !word.isOptional) {
      throw new UsageError(`${word.value} is missing. ${seeHelp(command)}`);
    }
    return [name, word.read(all[0], word.value, all)];
  });
}

const common = {
  verbose: toggle("Show where an error came from"),
  help: toggle("Show this"),
};

/** A switch. */
export function toggle(help: string): Flag<boolean> {
  return { help, read: (text) => text === "true" };
}

/** A text that may be left out. */
export function text(value: string, help: string): Flag<string | undefined> {
  return { value, help, read: (text) => text };
}

/** Texts, as many as are given. */
export function texts(value: string, help: string): Flag<readonly string[]> {
  return { value, help, isMany: true, read: (_, __, all) => all };
}

/** A text that must be given. */
export function required(value: string, help: string): Flag<string> {
  return {
    value,
    help,
    read: (text, name) => {
      if (text === undefined) {
        throw new UsageError(`--${name} is missing. ${giveAs(name, { value })}`);
      }
      return text;
    },
  };
}

/** A text with a default. */
export function textOr(value: string, fallback: string, help: string): Flag<string> {
  return { value, help: `${help} [${fallback}]`, read: (text) => text ?? fallback };
}

/** A whole number within bounds. */
export function count<D extends number | undefined>(
  help: string,
  fallback: D,
  min: number,
  max: number,
): Flag<number | D> {
  return {
    value: "N",
    help: fallback === undefined ? help : `${help} [${fallback}]`,
    read: (text, name) => {
      if (text === undefined) return fallback;
      const number = Number(text);
      if (!/^-?\d+$/.test(text) || number < min || number > max) {
        throw new UsageError(
          `--${name} must be a whole number from ${min} to ${max}, not "${text}".`,
        );
      }
      return number;
    },
  };
}

/** A network address. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, with brackets around an IPv6 address; port 0 is any free port. */
export function hostPort(fallback: string, help: string): Flag<HostPort> {
  return {
    value: "HOST:PORT",
    help: `${help} [${fallback}]`,
    read: (given, name) => {
      const text = given ?? fallback;
      const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
      const port = Number(match?.[3]);
      if (!match || port > 65_535) {
        throw new UsageError(`--${name} must be HOST:PORT such as ${fallback}, not "${text}".`);
      }
      return { host: match[1] ?? match[2]!, port };
    },
  };
}

/** The flag without its default: `undefined` when it is not given. */
export function ifGiven<T>(flag: Flag<T>): Flag<T | undefined> {
  const read: Flag<T | undefined>["read"] = (text, name, all) =>
    text === undefined ? undefined : flag.read(text, name, all);
  return { ...flag, read };
}

/** How to use a command. */
export function helpText<F extends Flags>(
  { name, summary, notes, words = {}, flags }: Command<F>,
): string {
  const places = Object.values(words).map(({ value, isMany, isOptional }) =>
    isMany ? `[${value}…]` : isOptional ? `[${value}]` : value
  );
  const rows = [
    ...Object.values(words).map(({ value, help }) => [`  ${value}`, help] as const),
    ...Object.entries({ ...flags, ...common }).map(([flag, { value, help }]) =>
      [`  --${flag}${value === undefined ? "" : ` ${value}`}`, help] as const
    ),
  ];
  const width = Math.max(...rows.map(([flag]) => flag.length)) + 2;
  const lines = rows.map(([flag, help]) => flag.padEnd(width) + help);
  const more = notes ? ["", ...notes] : [];
  const usage = ["deno task", name, ...places, "[flags]"].join(" ");
  return [usage, "", summary, "", ...lines, ...more].join("\n");
}

function seeHelp({ name }: { name: string }): string {
  return `See deno task ${name} --help.`;
}

function giveAs(name: string, { value }: { value?: string }): string {
  return `Give it as --${name} ${value}.`;
}

function tryParse(
  command: Command<Flags>,
  args: readonly string[],
  options: Record<string, { type: "boolean" | "string"; multiple: boolean }>,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: joinNumbers(args), options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(complaintOf(error as Error & { code?: string }, command));
  }
}

/** A negative number is a value, not a flag: `--cut-at -1` is read as `--cut-at=-1`. */
function joinNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of args) {
    const last = joined.at(-1);
    if (last?.startsWith("--") && !last.includes("=") && /^-\d/.test(word)) {
      joined[joined.length - 1] = `${last}=${word}`;
    } else joined.push(word);
  }
  return joined;
}

/** What the parser found, in a sentence of our own. */
function complaintOf(
  { code, message }: Error & { code?: string },
  command: Command<Flags>,
): string {
  const word = /'(-[^' ]*)/.exec(message)?.[1] ?? message;
  const name = word.replace(/^--/, "");
  const flag = Object.hasOwn(command.flags, name) ? command.flags[name]! : undefined;
  if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    return `There is no flag ${word}. ${seeHelp(command)}`;
  }
  return flag?.value === undefined
    ? `${word} takes no value. ${seeHelp(command)}`
    : `${word} needs a value. ${giveAs(name, { value: flag.value })}`;
}
