/** What is heard is counted; what is a state now is read when somebody asks. */
import { Registry } from "@prometheus-io/client";
import type { Observer, Reads } from "../../core/engine/mod.ts";
import { taskStates } from "../../core/mod.ts";
import { instruments } from "./instruments.ts";

/** Where figures are read that nobody tells of. */
export interface MetricsSources {
  readonly reads: Pick<Reads, "taskCounts" | "owedMessages">;
  /** How many connections are open now. */
  connections(): { readonly mqtt: number; readonly http: number };
}

/** All figures as text. */
export interface Scrape {
  readonly contentType: string;
  readonly text: string;
}

/** The figures of one engine. */
export interface Metrics {
  /** Hears what the engine does. */
  readonly observer: Observer;
  /** So many bytes of an image were handed to a device's connection. */
  served(bytes: number): void;
  /** A device was told when to come back for the bytes that it asked for. */
  sentAway(): void;
  /** Every figure as it is now. */
  scrape(): Promise<Scrape>;
}

/** Figures that begin at zero, in a registry of their own. */
export function createMetrics({ reads, connections }: MetricsSources): Metrics {
  const registry = new Registry();
  const figures = instruments(registry);
  return {
    observer: {
      committed: ({ ms }) => figures.commitSeconds.observe(ms / 1000),
      recorded: (type) => figures.facts.inc({ type }),
      decided: ({ kind, rejected }) => {
        figures.inputs.inc({ kind });
        if (rejected) figures.rejected.inc({ code: rejected });
      },
      gave: (bytes) => figures.artifactBytes.inc(bytes),
    },
    served: (bytes) => figures.artifactBytes.inc(bytes),
    sentAway: () => figures.sentAway.inc(),
    scrape: async () => {
      const [tasks, owed] = await Promise.all([reads.taskCounts(), reads.owedMessages()]);
      for (const state of taskStates) figures.tasks.set({ state }, tasks[state] ?? 0);
      figures.owedMessages.set(owed);
      const { mqtt, http } = connections();
      figures.connections.set({ transport: "mqtt" }, mqtt);
      figures.connections.set({ transport: "http" }, http);
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
