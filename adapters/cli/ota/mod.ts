/** `deno task ota <noun> <verb>`: the operators' commands, over the HTTP API alone. */
import { HelpWanted, UsageError } from "../args.ts";
import type { Screen } from "../terminal.ts";
import type { OtaEnvironment } from "./connection.ts";
import { deviceVerbs } from "./devices.ts";
import { eventsVerb } from "./events.ts";
import { firmwareVerbs } from "./firmware.ts";
import { taskVerbs } from "./tasks.ts";
import { upgradeVerb } from "./upgrade.ts";
import { watchVerb } from "./watch.ts";

export type { OtaEnvironment } from "./connection.ts";

const verbs = [
  ...deviceVerbs,
  ...firmwareVerbs,
  upgradeVerb,
  ...taskVerbs,
  watchVerb,
  eventsVerb,
];

/**
 * Runs a command; false when what was watched did not succeed.
 *
 * @throws {UsageError | HelpWanted | ApiError}
 */
export async function runOta(
  args: string[],
  screen: Screen,
  environment: OtaEnvironment,
): Promise<boolean> {
  const found = verbs.find(({ name }) => name.split(" ").every((word, at) => args[at] === word));
  if (!found) return refuse(args);
  return await found.run(args.slice(found.name.split(" ").length), screen, environment);
}

/** Lists what there is below the words that were understood. */
function refuse([noun, verb]: string[]): never {
  const below = verbs.filter(({ name }) => name.startsWith(`${noun} `));
  const isAsked = (word: string | undefined) => word === undefined || word === "--help";
  if (isAsked(noun)) throw new HelpWanted(listOf(verbs));
  if (below.length > 0 && isAsked(verb)) throw new HelpWanted(listOf(below));
  const [what, where] = below.length > 0 ? [`${noun} ${verb}`, `ota ${noun}`] : [noun, "ota"];
  throw new UsageError(`There is no command ota ${what}. See deno task ${where} --help.`);
}

function listOf(shown: typeof verbs): string {
  const width = Math.max(...shown.map(({ name }) => name.length)) + 2;
  const lines = shown.map(({ name, summary }) => `  deno task ota ${name.padEnd(width)}${summary}`);
  return ["Operate a running engine over its HTTP API.", "", ...lines].join("\n");
}
