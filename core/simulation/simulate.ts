/**
 * One run: a fleet, its operators and an engine for some hours in which everything may go wrong; then
 * everything heals, and whatever was begun must come to its end.
 */
import type { SealedRow, Sha256 } from "../log/mod.ts";
import { isTerminal } from "../upgrade/task.ts";
import { Catalogue, PRODUCTS, versionOf, WISHED } from "./catalogue.ts";
import { Device } from "./device/device.ts";
import { Broker } from "./broker.ts";
import { Backbone, BrokerLink } from "./broker_link.ts";
import { EmbeddedBroker } from "./embedded.ts";
import { Fate } from "./fate.ts";
import type { IncidentKind } from "./fate.ts";
import { drawFaults } from "./faults.ts";
import type { FaultRates } from "./faults.ts";
import { House } from "./house.ts";
import type { Way } from "./house.ts";
import { HttpServer } from "./http.ts";
import { HttpLink } from "./http_link.ts";
import type { MqttServer } from "./mqtt.ts";
import { MqttLink } from "./mqtt_link.ts";
import { Operators } from "./operator.ts";
import { Judges } from "./checks/judges.ts";
import type { Violation } from "./checks/judges.ts";
import { World } from "./world.ts";

/** How to run a simulation. */
export interface SimulationOptions {
  /** Decides everything that is not decided here. */
  readonly seed: number;
  /** Devices of the fleet. */
  readonly devices: number;
  /** Hours in which everything may go wrong. */
  readonly hours: number;
  /** Upgrades that operators order in these hours. */
  readonly upgrades: number;
  /** Rates that are not drawn from the seed. */
  readonly faults?: Partial<FaultRates>;
  /** These incidents happen and no others. */
  readonly only?: readonly string[];
}

/** What a simulation needs from outside. */
export interface SimulationPorts {
  readonly sha256: Sha256;
  /** Resolves when every promise that can settle has: one turn of the event loop. */
  readonly rest: () => Promise<void>;
}

/** How a run ended. */
export interface SimulationResult {
  readonly seed: number;
  /** What does not hold; `undefined`: everything does. */
  readonly violation?: Violation;
  /** What happened that need not have happened, in order. */
  readonly incidents: readonly string[];
  readonly counts: ReadonlyMap<IncidentKind, number>;
  /** The log. */
  readonly rows: readonly SealedRow[];
  /** The hash of its last row. */
  readonly head: string;
  /** Tasks that ended, by the state they ended in. */
  readonly ended: Readonly<Record<string, number>>;
  /** Tasks that have not ended. */
  readonly stuck: readonly string[];
  /** Simulated milliseconds. */
  readonly ms: number;
}

const HOUR_MS = 3_600_000;
/** Nothing lasts longer than this after everything has healed. */
const HEALING_MS = 60 * 24 * HOUR_MS;
/** Between two looks at whether everything has ended. */
const LOOK_MS = 60_000;

/** Runs a simulation; the same options always give the same result. */
export async function simulate(
  options: SimulationOptions,
  ports: SimulationPorts,
): Promise<SimulationResult> {
  const run = new Run(options, ports);
  await run.play();
  return run.result();
}

class Run {
  readonly #options: SimulationOptions;
  readonly #ports: SimulationPorts;
  readonly #world: World;
  readonly #judges: Judges;
  readonly #house: House;
  readonly #devices: readonly Device[];
  readonly #byId: ReadonlyMap<string, Device>;
  readonly #operators: Operators;
  /** Somebody else's, where the devices are behind one. */
  readonly #outside: { readonly broker: Broker; readonly path: Backbone } | undefined;
  /** What devices reach by MQTT now. */
  #broker: MqttServer | undefined;
  #server: HttpServer | undefined;

  constructor(options: SimulationOptions, ports: SimulationPorts) {
    this.#options = options;
    this.#ports = ports;
    const { seed, faults, only } = options;
    const { sha256 } = ports;
    const fate = new Fate(seed, drawFaults(seed, faults), only);
    const catalogue = new Catalogue(fate, sha256);
    const isBrokered = fate.about("kind of house").chance(500_000);
    const isDead = (id: string) => this.#byId.get(id)?.isDead ?? false;
    this.#judges = new Judges({ sha256, catalogue, isDead });
    this.#world = new World({
      fate,
      sha256,
      catalogue,
      watch: this.#judges,
      isBrokered,
    });
    this.#outside = isBrokered
      ? { broker: new Broker(this.#world), path: new Backbone(this.#world) }
      : undefined;
    this.#broker = this.#outside?.broker;
    this.#judges.see(this.#world);
    this.#house = new House(this.#world, () => this.#way());
    this.#devices = Array.from({ length: options.devices }, (_, nth) => this.#device(nth + 1));
    this.#byId = new Map(this.#devices.map((device) => [device.id, device]));
    this.#operators = new Operators(this.#world, this.#house);
  }

  async play(): Promise<void> {
    const { hours, upgrades } = this.#options;
    const { fate, catalogue } = this.#world;
    this.#house.start();
    for (const device of this.#devices) this.#operators.register(device);
    for (const build of catalogue.builds) {
      if (build.version === WISHED) this.#operators.upload(build);
    }
    for (const device of this.#devices) {
      const wait = fate.about(`start of ${device.id}`).spread(1_000, HOUR_MS / 2);
      this.#world.after(wait, () => device.start());
    }
    for (let nth = 1; nth <= upgrades; nth++) {
      this.#operators.order(nth, this.#devices, hours * HOUR_MS);
    }
    await this.#passUntil(hours * HOUR_MS);
    fate.heal();
    this.#house.heal();
    this.#outside?.broker.heal();
    this.#world.diskTrouble.fullUntil = this.#world.diskTrouble.brokenUntil = 0;
    for (const device of this.#devices) device.heal();
    this.#judges.healed();
    const end = this.#world.now + HEALING_MS;
    while (!this.#isOver && this.#world.now < end) {
      await this.#passUntil(Math.min(this.#world.now + LOOK_MS, end));
    }
    if (!this.#judges.violation) this.#judges.ended();
  }

  result(): SimulationResult {
    const { disk, fate, now } = this.#world;
    const { violation } = this.#judges;
    const { rows } = disk;
    const ended: Record<string, number> = {};
    const stuck: string[] = [];
    for (const task of disk.tasks) {
      if (isTerminal(task)) ended[task.state] = (ended[task.state] ?? 0) + 1;
      else stuck.push(task.id);
    }
    return {
      seed: this.#options.seed,
      ...(violation ? { violation } : {}),
      incidents: fate.incidents,
      counts: fate.counts,
      rows,
      head: rows.at(-1)?.hash ?? "",
      ended,
      stuck,
      ms: now,
    };
  }

  /** Nothing is to be done any more, or something is wrong. */
  get #isOver(): boolean {
    if (this.#judges.violation) return true;
    return this.#operators.isDone && this.#world.disk.deadlines().length === 0 &&
      this.#judges.isAtRest;
  }

  async #passUntil(end: number): Promise<void> {
    const { timeline } = this.#world;
    while (!this.#judges.violation && timeline.step(end)) {
      if (this.#world.takeTouched()) await this.#ports.rest();
    }
    if (!this.#judges.violation) timeline.now = end;
  }

  #way(): Way {
    const outside = this.#outside;
    const embedded = outside ? undefined : new EmbeddedBroker(this.#world);
    const server = new HttpServer(this.#world);
    const link = outside && new BrokerLink(this.#world, outside.broker, outside.path);
    const ways: readonly Way[] = [embedded ?? link!, server];
    return {
      open: (running) => {
        this.#server = server;
        if (embedded) this.#broker = embedded;
        for (const way of ways) way.open(running);
      },
      close: () => {
        for (const way of ways) way.close();
        if (this.#server !== server) return;
        this.#server = undefined;
        if (embedded) this.#broker = undefined;
      },
      send: (message) => {
        for (const way of ways) way.send(message);
      },
      disconnect: (device) => {
        for (const way of ways) way.disconnect(device);
      },
    };
  }

  #device(nth: number): Device {
    const about = this.#world.fate.about(`kind of device ${nth}`);
    const id = `dev-${nth}`;
    const voice = about.pick(["mqtt", "http", "both"] as const);
    const habits = {
      isKept: about.chance(500_000),
      hasWill: about.chance(700_000),
      hasIds: about.chance(500_000),
    };
    return new Device(this.#world, {
      id,
      product: about.pick(PRODUCTS),
      version: versionOf(about.between(1, 3)),
      server: () => this.#server,
      link: (path, events) => {
        const isHttp = voice === "http" || voice === "both" && path.random.chance(500_000);
        return isHttp
          ? new HttpLink(this.#world, id, path, events, () => this.#server)
          : new MqttLink(this.#world, id, habits, path, events, () => this.#broker);
      },
      foreignTask: () =>
        this.#operators.tasks.find((task) => this.#world.disk.task(task)?.device !== id),
    });
  }
}
