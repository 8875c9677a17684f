/**
 * `deno task record`: writes the logs of behaviours that have none yet, or files one that an engine
 * exported. They are replayed with every change from then on.
 */
import { complain, HelpWanted, stdoutScreen, table, UsageError } from "../../adapters/cli/mod.ts";
import type { Screen } from "../../adapters/cli/mod.ts";
import { parseCommand, text } from "../../adapters/cli/args.ts";
import { words } from "../../adapters/cli/checked_args.ts";
import { namesIn } from "./logs.ts";
import { record, recordFrom } from "./record.ts";
import { stories } from "./stories/mod.ts";
import type { Story } from "./story.ts";

const command = {
  name: "record",
  summary: "Record the logs of behaviours, for ever: each is replayed with every change.",
  words: { names: words("NAME", "Stories of tests/recorded/stories/ [all without a log]") },
  notes: [
    "A log is never made again; only before the first dated version in CHANGELOG.md may one be deleted",
    "and recorded anew. Exit code 0: it was recorded, and replays clean; 1: it was not; 2: a wrong flag.",
  ],
  flags: {
    from: text("LOG.jsonl", "File this log, which an engine exported, under the one NAME"),
  },
};

async function run(args: string[], screen: Screen): Promise<void> {
  const { names, from } = parseCommand(command, args);
  if (from !== undefined && names.length !== 1) {
    throw new UsageError("--from files one log under one NAME. Give one.");
  }
  const recorded = from === undefined
    ? await record(chosen(names))
    : [await recordFrom(from, names[0]!)];
  const rows = recorded.map(({ name, rows }) => [name, `${rows} rows, replays clean`]);
  screen.write(rows.length > 0 ? `${table(rows)}\n` : "Every story is recorded.\n");
}

/** The stories of these names, or those that have no log. */
function chosen(names: readonly string[]): readonly Story[] {
  if (names.length === 0) {
    const known = namesIn();
    return stories.filter(({ name }) => !known.includes(name));
  }
  return names.map((name) => {
    const story = stories.find((story) => story.name === name);
    if (!story) throw new UsageError(`There is no story ${name}. See tests/recorded/stories/.`);
    return story;
  });
}

async function main(args: string[]): Promise<number> {
  const screen = stdoutScreen();
  try {
    await run(args, screen);
    return 0;
  } catch (error) {
    if (error instanceof HelpWanted) return screen.write(`${error.message}\n`), 0;
    const { message, stack } = error as Error;
    complain(args.includes("--verbose") ? stack ?? message : message);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
