/** Whoever could make a network good or bad at will, to have a device switch as often as possible. */
import { firstRecommendation, recommend } from "../../../core/network/mod.ts";
import { trusted, well } from "./known_qualities.ts";
import { BEGIN_MS } from "./made_up_network.ts";

/** Of these times, those in the hour that has most of them. */
export function mostInAnHour(times: readonly number[]): number {
  const counts = times.map((from) =>
    times.filter((time) => time >= from && time < from + 3_600_000).length
  );
  return Math.max(0, ...counts);
}

/**
 * How often it switches in an hour at most when the transport in use is always dead, and the other one
 * could not be better; `flaps`: the MQTT session ends every time.
 */
export function worstInAnHour(flaps: boolean): number {
  let last = firstRecommendation("http");
  const times: number[] = [];
  for (let n = 0; n < 50_000; n++) {
    const now = BEGIN_MS + 250 * n;
    const [dead, best] = [trusted(0), well].map((one) => ({ ...one, at: now, measuredAt: now }));
    const [http, mqtt] = last.transport === "http" ? [dead!, best!] : [best!, dead!];
    const isListening = !flaps || n % 2 === 0;
    const next = recommend(last, { http, mqtt, isListening, home: "http" }, now);
    if (next.transport !== last.transport) times.push(now);
    last = next;
  }
  return mostInAnHour(times);
}
