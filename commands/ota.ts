/** `ota`: what an operator asks of a running engine. */
import { runOta } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";

export function ota(args: string[], screen: Screen): Promise<boolean> {
  const url = Deno.env.get("OTALOG_URL");
  const token = Deno.env.get("OTALOG_OPERATOR_TOKEN");
  return runOta(args, screen, { url, token });
}
