/** What stands recommended to a device, by the rows alone: what was measured last, else what it wishes for. */
import type { SeenRow } from "../watch.ts";
import type { NaiveDevice } from "./naive_state.ts";

/** A recommendation. */
export interface Advice {
  readonly transport: string;
  readonly reason: string;
  /** Engine time. */
  readonly at: number;
}

/** How an offer says that bytes are best fetched. */
export function standingOf({ advice, wishes }: NaiveDevice): string {
  return advice?.transport ?? wishes;
}

/** Notes what a row says of it. */
export function noteAdvice(device: NaiveDevice, { header: { outcome }, fact }: SeenRow): void {
  if (fact.type === "UpdateRequested") {
    const { transport = device.wishes } = fact.data;
    if (transport === device.wishes) return;
    device.wishes = transport;
    device.advice = undefined;
  } else if (fact.type === "NetworkMeasured") {
    const effect = outcome.effects.find(({ type }) => type === "sendTransport");
    const { transport, reason = "" } = effect ?? {};
    if (transport) device.advice = { transport, reason, at: fact.at };
  }
}
