/** The network: it loses, delays, doubles and reorders, and now and then carries nothing at all. */
import type { Random } from "../chance/random.ts";
import type { World } from "../world.ts";

/** Longest delay and partition. */
const DELAY_MS = 180_000;
const PARTITION_MS = 4 * 3_600_000;
/** Longest time that one transport is blocked: a firewall that somebody mends. */
const BLOCKED_MS = 4 * 3_600_000;
/** Whoever waits for an answer over HTTP gives up after so long. */
const HTTP_MS = 60_000;
/** A connection that nothing passes any more is noticed after so long at the latest. */
const NOTICE_MS = 90_000;

/** What carries something; either may be blocked alone. */
export type Transport = "mqtt" | "http";

/** The way of one device, or operator, to the rest of the world. */
export class Path {
  readonly #world: World;
  readonly who: string;
  /** Of its own: what happens on one path changes nothing on another. */
  readonly random: Random;
  #partedUntil = 0;
  readonly #blockedUntil = { mqtt: 0, http: 0 };

  constructor(world: World, who: string) {
    this.#world = world;
    this.who = who;
    this.random = world.fate.about(`path of ${who}`);
  }

  /** It begins to talk: perhaps into nothing. */
  begin(): void {
    const how = this.#world.fate.happens("partition", this.who);
    if (how) this.#partedUntil = this.#world.now + how.spread(1_000, PARTITION_MS);
  }

  /** It begins to use the transport: perhaps a firewall does not let that through. */
  meet(transport: Transport): void {
    const { fate, now } = this.#world;
    const how = fate.happens(`${transport}Blocked`, this.who);
    if (how) this.#blockedUntil[transport] = now + how.spread(1_000, BLOCKED_MS);
  }

  /** How long something is on its way; `undefined`: it never arrives. */
  transit(transport: Transport): number | undefined {
    const { fate, now } = this.#world;
    const until = Math.max(this.#partedUntil, this.#blockedUntil[transport]);
    if (!fate.isHealed && now < until) return undefined;
    if (fate.happens("loss", this.who)) return undefined;
    const late = fate.happens("delay", this.who);
    return late ? late.spread(100, DELAY_MS) : this.random.between(5, 60);
  }

  /** Whether what is on its way comes twice. */
  get isDoubled(): boolean {
    return this.#world.fate.happens("duplication", this.who) !== undefined;
  }

  /** How much longer something takes that others overtake. */
  detour(): number {
    return this.#world.fate.happens("reordering", this.who)?.spread(10, HTTP_MS / 2) ?? 0;
  }
}

/** One end of a connection. */
export interface End<In> {
  receive(packet: In): void;
  closed(): void;
}

/** A connection of MQTT, as over TCP: in order, and complete until it breaks. */
export class Channel<Up, Down> {
  readonly #world: World;
  readonly #path: Path;
  readonly #client: End<Down>;
  readonly #server: End<Up>;
  readonly #last = { up: 0, down: 0 };
  readonly #isOpen = { up: true, down: true };
  #isBroken = false;
  #stalledUntil = 0;

  constructor(world: World, path: Path, client: End<Down>, server: End<Up>) {
    this.#world = world;
    this.#path = path;
    this.#client = client;
    this.#server = server;
  }

  /** To the server. */
  up(packet: Up): void {
    this.#carry("up", () => this.#server.receive(packet));
  }

  /** To the client. */
  down(packet: Down): void {
    this.#carry("down", () => this.#client.receive(packet));
  }

  /** For so long nothing comes to the client: it is late, not lost. */
  stall(ms: number): void {
    this.#stalledUntil = this.#world.now + ms;
  }

  /** The client ends it; the server hears of that, unless nothing passes any more. */
  leave(): void {
    this.#isOpen.down = false;
    this.#carry("up", () => this.#closeAt("up"));
  }

  /** The server ends it. */
  drop(): void {
    this.#isOpen.up = false;
    this.#carry("down", () => this.#closeAt("down"));
  }

  /** The server is dead, or is cut off: nobody says goodbye. */
  lose(): void {
    this.#isOpen.up = false;
    this.#break();
  }

  #carry(way: "up" | "down", arrive: () => void): void {
    if (this.#isBroken) return;
    const ms = this.#path.transit("mqtt");
    if (ms === undefined) return this.#break();
    const stalledUntil = way === "down" && !this.#world.fate.isHealed ? this.#stalledUntil : 0;
    const at = Math.max(this.#last[way], this.#world.now + ms, stalledUntil);
    this.#last[way] = at;
    this.#world.after(at - this.#world.now, () => {
      if (!this.#isBroken && this.#isOpen[way]) arrive();
    });
  }

  #break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const { random } = this.#path;
    for (const way of ["up", "down"] as const) {
      this.#world.after(random.spread(500, NOTICE_MS), () => this.#closeAt(way));
    }
  }

  #closeAt(way: "up" | "down"): void {
    if (!this.#isOpen[way]) return;
    this.#isOpen[way] = false;
    if (way === "up") this.#server.closed();
    else this.#client.closed();
  }
}

/** How a server answers a request. */
export type Serve<T> = (respond: (response: T) => void) => void;

/** One request over HTTP; `done` gets the response, or nothing when it is given up. */
export function exchange<T>(
  world: World,
  path: Path,
  serve: Serve<T>,
  done: (response: T | undefined) => void,
  waitMs = HTTP_MS,
): void {
  let isDone = false;
  const finish = (response: T | undefined) => {
    if (isDone) return;
    isDone = true;
    takeBack();
    done(response);
  };
  const takeBack = world.after(waitMs, () => finish(undefined));
  const respond = (response: T) => {
    const ms = path.transit("http");
    if (ms !== undefined) world.after(ms, () => finish(response));
  };
  for (let copy = path.isDoubled ? 2 : 1; copy > 0; copy--) {
    const ms = path.transit("http");
    if (ms !== undefined) world.after(ms + path.detour(), () => serve(respond));
  }
}
