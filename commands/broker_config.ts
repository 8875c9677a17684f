/** `broker-config`: the configuration of a broker of the team's own. */
import { runBrokerConfig } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";

export function brokerConfig(args: string[], screen: Screen): Promise<boolean> {
  const url = Deno.env.get("OTALOG_URL");
  const token = Deno.env.get("OTALOG_OPERATOR_TOKEN");
  return runBrokerConfig(args, screen, { url, token });
}
