/** `deno task broker-config BROKER`: what a broker outside of the engine has to be told. */
import { HelpWanted, UsageError } from "../args.ts";
import type { OtaEnvironment } from "../ota/mod.ts";
import type { Screen } from "../terminal.ts";
import { configureMosquitto, mosquitto } from "./mosquitto.ts";

/** What is done for a broker of that name. */
const brokers = new Map([["mosquitto", configureMosquitto]]);

/**
 * Runs a command. True: everything is in step with the registry.
 *
 * @throws {UsageError | HelpWanted | ApiError | Error}
 */
export async function runBrokerConfig(
  [broker = "--help", ...args]: string[],
  screen: Screen,
  environment: OtaEnvironment,
): Promise<boolean> {
  const found = brokers.get(broker);
  if (found) return await found(args, screen, environment);
  if (broker === "--help") throw new HelpWanted(overview());
  throw new UsageError(
    `There is no configuration for "${broker}". Name a broker: deno task broker-config mosquitto.`,
  );
}

function overview(): string {
  const { name, summary } = mosquitto;
  return ["Configure a broker of your own.", "", `  deno task ${name}`, `    ${summary}`].join(
    "\n",
  );
}
