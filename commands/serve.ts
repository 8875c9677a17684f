/** `serve`: the engine with all its adapters, until it is asked to end. */
import { complain, parseServe, takeOverScreen } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { askedToEnd } from "../adapters/host/mod.ts";
import { openHouse } from "./house/open_house.ts";

export async function serve(args: string[], screen: Screen): Promise<boolean> {
  const options = parseServe(args);
  const token = Deno.env.get("OTALOG_OPERATOR_TOKEN");
  const onFault = (error: unknown) => complain(`Fault: ${(error as Error).message ?? error}`);
  const stop = new AbortController();
  const end = askedToEnd().finally(() => stop.abort());
  const onTakeOver = { ...takeOverScreen(screen), stop: stop.signal };
  const house = await openHouse({ ...options, token, onFault, onNote: complain, onTakeOver })
    .catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
  if (!house) return true;
  if (house.operator.madeIn) screen.write(`operator token in ${house.operator.madeIn}\n`);
  if (house.operator.isWeak) complain("The operator token is short: it may be guessed.");
  void house.ready.then(() => screen.write(`ready http=${house.httpUrl} mqtt=${house.mqttUrl}\n`));
  await end;
  await house.close();
  screen.write(house.checkpoint() ?? "");
  return true;
}
