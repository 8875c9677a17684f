/**
 * Every figure by its name. Labels come from fixed lists, never from outside: a series lives as long
 * as the process. Each series of a list exists from the start, so that its first step is seen, too.
 */
import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import type { Registry } from "@prometheus-io/client";
import type { Input } from "../../core/engine/mod.ts";
import { factSchemas, REJECTED_CODES } from "../../core/mod.ts";

/** A synced write takes a millisecond on a good disk and seconds on one that is dying. */
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** As an object, so that one that is missing does not compile. */
const kinds: Readonly<Record<Input["kind"], true>> = {
  report: true,
  ask: true,
  network: true,
  contact: true,
  call: true,
  artifact: true,
  delivered: true,
  deadline: true,
  command: true,
};

/** Makes the instruments in the registry. */
// deno-lint-ignore explicit-module-boundary-types -- the instruments say themselves what they are
export function instruments(registry: Registry) {
  const registers = [registry];
  return {
    tasks: new Gauge({
      name: "otalog_tasks",
      help: "Tasks in each state, ended ones included.",
      labelNames: ["state"],
      registers,
    }),
    owedMessages: new Gauge({
      name: "otalog_owed_messages",
      help: "Messages that devices have not confirmed.",
      registers,
    }),
    connections: new Gauge({
      name: "otalog_connections",
      help: "Open connections: devices logged in over MQTT, anybody over HTTP.",
      labelNames: ["transport"],
      registers,
    }),
    commitSeconds: new Histogram({
      name: "otalog_commit_seconds",
      help: "Time until a batch of rows was on the disk, in seconds.",
      buckets: COMMIT_SECONDS,
      registers,
    }),
    artifactBytes: new Counter({
      name: "otalog_artifact_bytes_total",
      help: "Image bytes handed to the connections of devices, which may not have received them.",
      registers,
    }),
    sentAway: new Counter({
      name: "otalog_sent_away_total",
      help: "Requests of devices for image bytes that were told when to come back, by the rates.",
      registers,
    }),
    inputs: begun(
      new Counter({
        name: "otalog_inputs_total",
        help: "Inputs that were decided, by kind.",
        labelNames: ["kind"],
        registers,
      }),
      Object.keys(kinds),
    ),
    rejected: begun(
      new Counter({
        name: "otalog_rejected_total",
        help: "Reports of devices that were refused, by the code they were answered with.",
        labelNames: ["code"],
        registers,
      }),
      REJECTED_CODES,
    ),
    facts: begun(
      new Counter({
        name: "otalog_facts_total",
        help: "Rows added to the log, by the type of their fact.",
        labelNames: ["type"],
        registers,
      }),
      Object.keys(factSchemas),
    ),
  };
}

/** The counter with a series at zero for each value of its one label. */
function begun<L extends string>(counter: Counter<L>, values: readonly string[]): Counter<L> {
  for (const value of values) counter.labels(value).inc(0);
  return counter;
}
