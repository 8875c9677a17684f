/** `simulate`: the engine in simulated time. */
import { parseSimulate, runSimulate } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { newLinesFile } from "../adapters/files/mod.ts";

export function simulate(args: string[], screen: Screen): Promise<boolean> {
  return runSimulate(parseSimulate(args), screen, { newLines: newLinesFile });
}
