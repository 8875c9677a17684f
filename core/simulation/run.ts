/** The course of one run: hours of faults, then healing, until everything has ended. */
import { isTerminal } from "../upgrade/task.ts";
import { Catalogue, WISHED } from "./catalogue.ts";
import { Fate } from "./chance/fate.ts";
import { drawFaults } from "./chance/faults.ts";
import { Judges } from "./checks/judges.ts";
import type { Device } from "./device/device.ts";
import { House } from "./house.ts";
import { Operators } from "./operator.ts";
import type { SimulationOptions, SimulationPorts, SimulationResult } from "./simulate.ts";
import { Town } from "./town.ts";
import { World } from "./world.ts";

const HOUR_MS = 3_600_000;
/** Nothing lasts longer than this after everything has healed. */
const HEALING_MS = 60 * 24 * HOUR_MS;
/** Between two looks at whether everything has ended. */
const LOOK_MS = 60_000;

/** One run. */
export class Run {
  readonly #options: SimulationOptions;
  readonly #ports: SimulationPorts;
  readonly #world: World;
  readonly #judges: Judges;
  readonly #town: Town;
  readonly #house: House;
  readonly #operators: Operators;
  readonly #devices = new Map<string, Device>();

  constructor(options: SimulationOptions, ports: SimulationPorts) {
    this.#options = options;
    this.#ports = ports;
    const { seed, faults, only } = options;
    const { sha256 } = ports;
    const fate = new Fate(seed, drawFaults(seed, faults), only);
    const catalogue = new Catalogue(fate, sha256);
    const isBrokered = fate.about("kind of house").chance(500_000);
    const isDead = (id: string) => this.#devices.get(id)?.isDead ?? false;
    const watch = this.#judges = new Judges({ sha256, catalogue, isDead });
    this.#world = new World({ fate, sha256, catalogue, watch, isBrokered });
    this.#judges.see(this.#world);
    this.#town = new Town(this.#world);
    this.#house = new House(this.#world, this.#town);
    this.#operators = new Operators(this.#world, this.#house);
    for (let nth = 1; nth <= options.devices; nth++) {
      const device = this.#town.device(nth, this.#operators.tasks);
      this.#devices.set(device.id, device);
    }
  }

  /** Plays it to its end, or to the first violation. */
  async play(): Promise<void> {
    const faultyMs = this.#options.hours * HOUR_MS;
    this.#begin(faultyMs);
    await this.#passUntil(faultyMs);
    this.#heal();
    const end = this.#world.now + HEALING_MS;
    while (!this.#isOver && this.#world.now < end) {
      await this.#passUntil(Math.min(this.#world.now + LOOK_MS, end));
    }
    if (!this.#judges.violation) this.#judges.ended();
  }

  /** What came of it. */
  result(): SimulationResult {
    const { disk, fate: { incidents, counts }, now } = this.#world;
    const { violation } = this.#judges;
    const { rows } = disk;
    const ended: Record<string, number> = {};
    const stuck: string[] = [];
    for (const task of disk.tasks) {
      if (isTerminal(task)) ended[task.state] = (ended[task.state] ?? 0) + 1;
      else stuck.push(task.id);
    }
    const head = rows.at(-1)?.hash ?? "";
    const { seed } = this.#options;
    const found = violation ? { violation } : {};
    return { seed, ...found, incidents, counts, rows, head, ended, stuck, ms: now };
  }

  #begin(faultyMs: number): void {
    const { fate, catalogue } = this.#world;
    const devices = [...this.#devices.values()];
    this.#house.start();
    for (const device of devices) this.#operators.register(device);
    for (const build of catalogue.builds) {
      if (build.version === WISHED) this.#operators.upload(build);
    }
    for (const device of devices) {
      const wait = fate.about(`start of ${device.id}`).spread(1_000, HOUR_MS / 2);
      this.#world.after(wait, () => device.start());
    }
    for (let nth = 1; nth <= this.#options.upgrades; nth++) {
      this.#operators.order(nth, devices, faultyMs);
    }
  }

  #heal(): void {
    this.#world.fate.heal();
    this.#house.heal();
    this.#town.heal();
    this.#world.diskTrouble.fullUntil = this.#world.diskTrouble.brokenUntil = 0;
    this.#operators.heal();
    for (const device of this.#devices.values()) device.heal();
    this.#judges.healed();
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
}
