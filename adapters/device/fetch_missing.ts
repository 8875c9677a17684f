/** Fetches what is missing of an image, by whatever transport brings it, from the byte where it stopped. */
import type { Metadata } from "../../core/mod.ts";
import { Fetching } from "./fetching.ts";
import { HttpSource } from "./http_source.ts";
import { MqttSource } from "./mqtt_source.ts";
import type { Parts } from "./parts.ts";

/** A way that bytes come. */
interface Source {
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Fetches until nothing is missing.
 *
 * @throws {Interruption | TokenRefused | Error} on a fault, a refused token, too many vain tries.
 */
export async function fetchMissing(
  parts: Parts,
  metadata: Metadata,
  signal: AbortSignal,
): Promise<void> {
  const { mode, link, choice, mail } = parts;
  const fetching = new Fetching(parts, metadata);
  const http = mode === "mqtt" ? undefined : new HttpSource(fetching);
  const mqtt = mode === "http" || !link.line ? undefined : new MqttSource(fetching, link.line);
  using _begun = choice.begin();
  using _mail = mail.to({
    chunk: (taskId, offset, bytes) => mqtt?.chunk(taskId, offset, bytes) ?? false,
    refused: (code) => mqtt?.refused(code),
    line: (isUp) => {
      mqtt?.lineChanged(isUp);
      http?.reconsider();
    },
    advised: () => {
      http?.advised();
      fetching.changed();
    },
  });
  await all([http, mqtt].filter((source) => source !== undefined), fetching, signal);
  await fetching.progress.finish();
}

/** Lets the sources run until all has come; the first that fails ends it, and is what it failed with. */
async function all(
  sources: Source[],
  { progress, whole }: Fetching,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const beat = progress.beat(either);
  const runs = sources.map((source) => source.run(either));
  try {
    // A source may still wait for what has come another way.
    await Promise.race([Promise.all(runs), whole]);
  } finally {
    stop.abort(new Error("The download is over"));
    await Promise.allSettled([...runs, beat]);
  }
}
