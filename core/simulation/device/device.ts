/** A device: it has power or not, a link or not, and goes on trying. What goes wrong is its fate. */
import type { OutboundChunk } from "../../engine/mod.ts";
import type { AskKind } from "../../protocol/mod.ts";
import type { HttpServer } from "../front/http.ts";
import type { Link, LinkEvents, Login } from "../network/link.ts";
import { Path } from "../network/network.ts";
import type { Transport } from "../network/network.ts";
import type { Random } from "../chance/random.ts";
import type { World } from "../world.ts";
import type { Flash } from "./flash.ts";
import { nonsense, nonsenseAsk } from "./nonsense.ts";
import { Voice } from "./voice.ts";
import { Fetcher } from "./fetcher.ts";
import { Mechanic } from "./mechanic.ts";
import type { WorkingPart } from "./mechanic.ts";

/** Longest time that a device which lost its power is away. */
const AWAY_MS = 2 * 3_600_000;
/** Longest time that bytes are overtaken by others. */
const LATE_MS = 2 * 3_600_000;
/** Longest wait of a device whose clock is wrong. */
const SKEW_MS = 6 * 3_600_000;
/** Longest time until a device which lost its link tries again; in a world that has healed. */
const RECONNECT_MS = 120_000;
const RECONNECT_HEALED_MS = 5_000;

/** What a device is made of. */
export interface DeviceOptions {
  readonly id: string;
  readonly product: string | null;
  readonly version: string;
  /** It only fetches, and can report nothing. */
  readonly isFetcher: boolean;
  /** The first token that it is given, by its SHA-256. */
  readonly token: string;
  /** Makes its way to the engine; asked anew whenever it connects. */
  readonly link: (login: () => Login, path: Path, events: LinkEvents) => Link;
  /** How it fetches images. */
  readonly bytes: Transport | "either";
  /** Where the bytes are. */
  readonly server: () => HttpServer | undefined;
  /** The id of a task that is not its own. */
  readonly foreignTask: () => string | undefined;
}

/** One device. */
export class Device {
  readonly id: string;
  readonly product: string | null;
  /** Whether it only fetches. */
  readonly isFetcher: boolean;
  readonly flash: Flash;
  readonly #world: World;
  readonly #options: DeviceOptions;
  readonly #random: Random;
  /** How it asks: of its own, as are all numbers about bytes over MQTT. */
  readonly #asking: Random;
  readonly #path: Path;
  readonly #voice: Voice;
  readonly #work: WorkingPart;
  /** Counts the times it was switched on or off: what was planned before does not happen. */
  #power = 0;
  #isOn = false;
  #isDead = false;
  #isUp = false;
  #link: Link | undefined;

  constructor(world: World, options: DeviceOptions) {
    const { id, product, version, isFetcher, token, bytes, server, foreignTask } = options;
    this.#world = world;
    this.#options = options;
    [this.id, this.product, this.isFetcher] = [id, product, isFetcher];
    const image = world.catalogue.build(product, version).image.sha256;
    this.flash = { version, image, token, job: undefined, outbox: [], said: [], packet: 0 };
    const { flash } = this;
    const random = this.#random = world.fate.about(`device ${id}`);
    this.#asking = world.fate.about(`asks of ${id}`);
    const path = this.#path = new Path(world, id);
    const later = (ms: number, run: () => void) => this.#later(ms, run);
    const voice = this.#voice = new Voice({ flash, random, later });
    const isUp = () => this.#isUp;
    const goOff = (ms: number | undefined) => this.#goOff(ms);
    const parts = { id, product, world, flash, random, path, voice, bytes, server, foreignTask };
    const canAsk = () => this.#isUp && this.#link?.ask !== undefined;
    const ask = (kind: AskKind, body: object | string) => this.#ask(kind, body);
    const body = { ...parts, canAsk, ask, isUp, later, goOff };
    this.#work = isFetcher ? new Fetcher(body) : new Mechanic(body);
  }

  /** Whether it will never do anything again. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** It gets power. */
  start(): void {
    if (this.#isOn || this.#isDead) return;
    this.#power++;
    this.#isOn = true;
    const old = this.#world.fate.happens("oldReports", this.id);
    if (old) this.#voice.repeatOld(old);
    this.#connect();
  }

  /** Nothing goes wrong any more: whoever can, is there. */
  heal(): void {
    this.start();
    if (this.#isOn && !this.#isUp) this.#reconnect(1_000);
    // Nobody reaches one that only fetches, whatever its clock says of the next check.
    else if (this.#isOn && this.isFetcher) this.#work.begin();
  }

  /** Somebody gives it a token; with what it has open it goes on. */
  carry(token: string): void {
    this.flash.token = token;
  }

  /** At most once, and perhaps never. */
  #ask(kind: AskKind, body: object | string): void {
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const qos = this.#asking.pick([0, 1] as const);
    this.#link?.ask?.({ kind, payload, qos, packet: ++this.flash.packet });
  }

  #goOff(ms: number | undefined): void {
    this.#power++;
    this.#isOn = this.#isUp = false;
    this.#isDead = ms === undefined;
    this.#work.stop();
    this.#voice.close();
    this.#link?.close();
    this.#link = undefined;
    if (ms !== undefined) this.#world.after(ms, () => this.start());
  }

  #later(ms: number, run: () => void): () => void {
    const power = this.#power;
    const wrong = this.#world.fate.happens("deviceClock", this.id);
    return this.#world.after(wrong ? wrong.spread(1, SKEW_MS) : ms, () => {
      if (power === this.#power && !this.#losesPower()) run();
    });
  }

  /** Whether the step does not happen. */
  #losesPower(): boolean {
    const { fate } = this.#world;
    const odd = fate.happens("nonsense", this.id);
    if (odd) this.#voice.say(...nonsense(odd));
    const oddAsk = this.#isUp && this.#link?.ask ? fate.happens("oddAsk", this.id) : undefined;
    if (oddAsk) this.#ask(...nonsenseAsk(oddAsk));
    const lost = fate.happens("powerLoss", this.id);
    if (lost) this.#goOff(lost.spread(1_000, AWAY_MS));
    return lost !== undefined;
  }

  #connect(): void {
    const ifCurrent = (run: () => void) => {
      if (this.#link === link) run();
    };
    const login = () => ({ device: this.id, token: this.flash.token });
    const link: Link = this.#options.link(login, this.#path, {
      up: () => ifCurrent(() => this.#up(link)),
      down: () => ifCurrent(() => this.#reconnect(this.#random.spread(1_000, RECONNECT_MS))),
      message: (kind, payload) => ifCurrent(() => this.#work.receive(kind, payload)),
      chunk: (chunk) => ifCurrent(() => this.#take(chunk)),
    });
    this.#link = link;
    link.open();
  }

  /** Bytes came; what it has no room for it throws away, and others may overtake what it has. */
  #take(chunk: OutboundChunk): void {
    const { fate } = this.#world;
    if (fate.happens("chunkLoss", this.id)) return;
    const copies = fate.happens("chunkTwice", this.id) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const late = fate.happens("chunkLate", this.id);
      if (late) this.#takeLater(late.spread(100, LATE_MS), chunk);
      else this.#work.take(chunk);
    }
  }

  /** By whatever connection, if it has power until then. */
  #takeLater(ms: number, chunk: OutboundChunk): void {
    const power = this.#power;
    this.#world.after(ms, () => {
      if (power === this.#power) this.#work.take(chunk);
    });
  }

  #up(link: Link): void {
    this.#isUp = true;
    this.#voice.open(link);
    this.#work.begin();
  }

  #reconnect(ms: number): void {
    this.#isUp = false;
    this.#voice.close();
    this.#link?.close();
    this.#link = undefined;
    this.#work.lost();
    const power = this.#power;
    const most = this.#world.fate.isHealed ? RECONNECT_HEALED_MS : RECONNECT_MS;
    this.#world.after(Math.min(ms, most), () => {
      if (power === this.#power && !this.#link) this.#connect();
    });
  }
}
