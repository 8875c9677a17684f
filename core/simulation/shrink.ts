/**
 * Makes a run that violates something as small as it gets: of everything that happened in it, only
 * what is needed for the violation stays. Delta debugging (Zeller and Hildebrandt, "Simplifying and
 * Isolating Failure-Inducing Input", 2002) over the names of incidents.
 */
import { simulate } from "./simulate.ts";
import type { SimulationOptions, SimulationPorts } from "./simulate.ts";
import type { Violation } from "./checks/judges.ts";

/** A run that still violates the same. */
export interface Shrunk {
  /** With `only`: the incidents that are needed. */
  readonly options: SimulationOptions;
  readonly violation: Violation;
}

/** How far it is; incidents that are left, runs that were tried. */
export type OnShrunk = (left: number, runs: number) => void;

/** Runs that are tried at most: what is left then may not be the smallest. */
const RUNS_MAX = 1_000;

/** `undefined`: the run violates nothing. */
export async function shrink(
  options: SimulationOptions,
  ports: SimulationPorts,
  onShrunk: OnShrunk = () => {},
): Promise<Shrunk | undefined> {
  const first = await simulate(options, ports);
  if (!first.violation) return undefined;
  const shrinker = new Shrinker(ports, first.violation, onShrunk);
  const found = { options: { ...options, only: first.incidents }, violation: first.violation };
  return await shrinker.smallest(found);
}

class Shrinker {
  readonly #ports: SimulationPorts;
  readonly #first: Violation;
  readonly #onShrunk: OnShrunk;
  #runs = 0;

  constructor(ports: SimulationPorts, first: Violation, onShrunk: OnShrunk) {
    this.#ports = ports;
    this.#first = first;
    this.#onShrunk = onShrunk;
  }

  async smallest(found: Shrunk): Promise<Shrunk> {
    const kinds = await this.#withoutAll(found, (name) => name.slice(0, name.indexOf(" ")));
    const places = await this.#withoutAll(kinds, (name) => name.slice(0, name.lastIndexOf(" ")));
    const smaller = await this.#smallerFleet(await this.#fewerIncidents(places));
    // Something that a larger fleet needed may be of no use to this one.
    return await this.#fewerIncidents(smaller);
  }

  /** Leaves out all incidents that have something in common, which is quicker than one by one. */
  async #withoutAll(found: Shrunk, commonOf: (name: string) => string): Promise<Shrunk> {
    let best = found;
    for (const common of new Set(namesOf(found).map(commonOf))) {
      const only = namesOf(best).filter((name) => commonOf(name) !== common);
      if (only.length === namesOf(best).length) continue;
      best = await this.#try({ ...best.options, only }) ?? best;
    }
    return best;
  }

  /** Leaves out ever smaller parts, for as long as any part can go. */
  async #fewerIncidents(found: Shrunk): Promise<Shrunk> {
    let best = found;
    let size = Math.max(1, Math.ceil(namesOf(best).length / 2));
    while (this.#runs < RUNS_MAX) {
      const smaller = await this.#without(best, size);
      if (size === 1 && smaller === best) return best;
      best = smaller;
      size = Math.max(1, Math.min(Math.floor(size / 2), Math.ceil(namesOf(best).length / 2)));
    }
    return best;
  }

  /** Leaves out every part of that size that can go, from the end on: what came last matters least. */
  async #without(found: Shrunk, size: number): Promise<Shrunk> {
    let best = found;
    for (let end = namesOf(best).length; end > 0 && this.#runs < RUNS_MAX; end -= size) {
      const only = namesOf(best).toSpliced(Math.max(0, end - size), Math.min(size, end));
      best = await this.#try({ ...best.options, only }) ?? best;
    }
    return best;
  }

  async #smallerFleet(found: Shrunk): Promise<Shrunk> {
    let best = found;
    for (const member of ["devices", "hours", "upgrades"] as const) {
      for (let count = 1; count < best.options[member]; count *= 2) {
        const smaller = await this.#try({ ...best.options, [member]: count });
        if (!smaller) continue;
        best = smaller;
        break;
      }
    }
    return best;
  }

  /** Incidents that were left over by it are left out as well. */
  async #try(options: SimulationOptions): Promise<Shrunk | undefined> {
    if (++this.#runs > RUNS_MAX) return undefined;
    const { violation, incidents } = await simulate(options, this.#ports);
    if (!violation || !isSame(violation, this.#first)) return undefined;
    this.#onShrunk(incidents.length, this.#runs);
    return { options: { ...options, only: incidents }, violation };
  }
}

/** Whether both were seen for the same reason: who, which and how much of it may differ. */
export function isSame(one: Violation, other: Violation): boolean {
  const reason = ({ invariant, sentence }: Violation) =>
    `${invariant} ${sentence.replaceAll(/\d+(\.\d+)*/g, "0")}`;
  return reason(one) === reason(other);
}

function namesOf({ options }: Shrunk): readonly string[] {
  return options.only ?? [];
}

/** The text of a test that fails for as long as the run violates anything. */
export function regressionTest({ options, violation }: Shrunk, commit: string): string {
  const { seed, devices, hours, upgrades, faults, only = [] } = options;
  const { invariant, sentence } = violation;
  const how = { seed, devices, hours, upgrades, ...(faults ? { faults } : {}) };
  return [
    `/** Seed ${seed} at commit ${commit}, ${invariant}: ${sentence.replaceAll("*/", "* /")} */`,
    'import { assertHolds } from "../support/simulation.ts";',
    "",
    `Deno.test("Simulation: ${invariant} holds in what was found by seed ${seed}", async () => {`,
    "  await assertHolds({",
    ...Object.entries(how).map(([name, value]) => `    ${name}: ${JSON.stringify(value)},`),
    "    only: [",
    ...only.map((incident) => `      ${JSON.stringify(incident)},`),
    "    ],",
    "  });",
    "});",
    "",
  ].join("\n");
}

/** The name of the file for it. */
export function regressionName({ options: { seed }, violation: { invariant } }: Shrunk): string {
  return `${invariant.toLowerCase()}_seed_${seed}_test.ts`;
}
