/** A command of an operator: what it takes, and what it does with the API. */
import { parseCommand } from "../args.ts";
import type { Command, Flags, Values, Words } from "../args.ts";
import { table } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
import { Api } from "./api.ts";
import type { Json } from "./api.ts";
import { accessOf, connectionFlags } from "./connection.ts";
import type { OtaEnvironment } from "./connection.ts";

/** What a command works with. */
export interface Desk {
  readonly api: Api;
  readonly screen: Screen;
  /** Programs read the output. */
  readonly isJson: boolean;
}

/** A command that can be run. */
export interface Verb {
  /** `device add` */
  readonly name: string;
  readonly summary: string;
  /** False: it went well, but what was watched did not. */
  run(args: string[], screen: Screen, environment: OtaEnvironment): Promise<boolean>;
}

/** Declares a command; `run` may say false. `flagOf` as for {@link Api}. */
// deno-lint-ignore ban-types -- a command without words adds nothing to its values
export function verb<F extends Flags, W extends Words = {}>(
  command: Command<F, W>,
  run: (given: Values<F> & Values<W>, desk: Desk) => Promise<boolean | void>,
  flagOf?: (path: string) => string,
): Verb {
  const { name, summary } = command;
  const whole = {
    ...command,
    name: `ota ${name}`,
    flags: { ...command.flags, ...connectionFlags },
  };
  return {
    name,
    summary,
    run: async (args, screen, environment) => {
      const given = parseCommand<F & typeof connectionFlags, W>(whole, args) as
        & Values<F>
        & Values<W>
        & Values<typeof connectionFlags>;
      const api = new Api(await accessOf(given, environment), flagOf);
      return await run(given, { api, screen, isJson: given.json }) ?? true;
    },
  };
}

/** Prints an answer: as it is for a program, in words for a person. */
export function show({ screen, isJson }: Desk, answer: Json, words: string): void {
  screen.write(`${isJson ? JSON.stringify(answer) : words}\n`);
}

/** Prints a list: item by item for a program, as a table for a person. */
export async function showList(
  { screen, isJson }: Desk,
  items: AsyncIterable<Json>,
  heads: readonly string[],
  cells: (item: Json) => readonly string[],
): Promise<void> {
  const rows: (readonly string[])[] = [];
  for await (const item of items) {
    if (screen.isClosed) return;
    if (isJson) screen.write(`${JSON.stringify(item)}\n`);
    else rows.push(cells(item));
  }
  if (isJson) return;
  screen.write(rows.length > 0 ? `${table([heads, ...rows])}\n` : "There are none.\n");
}
