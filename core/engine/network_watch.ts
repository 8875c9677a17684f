/**
 * What is observed of the ways to each device that fetches: how its bytes move, and what fails. In memory
 * alone; when it speaks for another transport than the one that is recommended, the loop is told, and
 * that is a fact.
 */
import { standingOf } from "../device/network.ts";
import { activeTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import { observed, recommend, unknownQuality } from "../network/mod.ts";
import type { Measured, Observation, Quality } from "../network/mod.ts";
import { ANSWERED_MS_MOST, GRACE_MS, LOOK_MS } from "../network/parameters.ts";
import { TRANSFERS_MAX } from "../protocol/limits.ts";
import type { Transport } from "../protocol/mod.ts";
import type { Task } from "../upgrade/task.ts";
import { Cache } from "./cache.ts";
import { Download } from "./download.ts";
import type { Sign } from "./download.ts";
import type { Answer, NetworkInput } from "./inputs.ts";
import type { Clock } from "./ports.ts";
import type { Settled, TransferWatch } from "./transfers.ts";
import type { Progress } from "./workspace.ts";

/** What the watch works with. */
export interface NetworkWatchDeps {
  readonly clock: Pick<Clock, "after">;
  /** Engine time. */
  now(): number;
  /** The device as it is committed, if that is in memory. */
  committed(device: string): Device | undefined;
  /** Whether the device hears messages of a broker now. */
  isListening(device: string): boolean;
  /** Engine time at which the last byte was handed to the network for the task. */
  lastGivenAt(task: Task): number | undefined;
  submit(input: NetworkInput): Promise<Answer>;
}

/** Downloads that are looked at in one go. */
const LOOKED_MAX = 1_000;

/** An owed message. */
interface Named {
  readonly task: string;
  readonly kind: string;
  readonly attempt: number;
}

interface Watched {
  http: Quality;
  mqtt: Quality;
  /** The newest owed message on its way, and since when. */
  sent?: { readonly name: string; readonly at: number } | undefined;
  isTold: boolean;
  /** Whether it heard messages of a broker in this run. */
  wasListening: boolean;
}

/** The watch over all devices. */
export class NetworkWatch implements TransferWatch {
  readonly #deps: NetworkWatchDeps;
  readonly #watched = new Cache<Watched>(TRANSFERS_MAX);
  /** Downloads under way. */
  readonly #downloads = new Map<string, Download>();
  /** When the engine started. */
  readonly #since: number;
  /** Those of them who are to be looked at before everybody is again. */
  #toLook: string[] = [];
  #cancelLook: (() => void) | undefined;
  #isClosed = false;

  constructor(deps: NetworkWatchDeps) {
    this.#deps = deps;
    this.#since = deps.now();
  }

  /** The task's device asks for bytes from there on. */
  asked(task: Task, by: Transport, from: number, isTry: boolean): void {
    const { device } = task;
    const now = this.#deps.now();
    const download = this.#downloads.get(device);
    if (!download?.isOf(task)) return this.#begin(device, new Download(task, by, from, now));
    // Who only looks whether another way works has not left this one.
    if (isTry && download.by !== by && !download.isQuiet(now)) return;
    const left = download.by === by ? undefined : download.changeTo(by, from, now);
    // Whoever leaves what was recommended has its reasons; whoever follows has none of its own.
    if (left && this.#standing(device) === left.by) this.#note(device, left);
    // Over MQTT several parts are asked for at once: that says nothing of what has come.
    if (by === "http") this.#note(device, download.goesOn(from, now));
  }

  /** The device says that it has stored so much; over MQTT this shows as well that there is a way. */
  reported({ device, received, via }: Progress): void {
    const download = this.#downloads.get(device);
    if (!download) return;
    this.#note(device, download.stored(received, this.#deps.now()));
    if (via !== "mqtt" || download.by === "mqtt") return;
    const { rttMs } = this.#of(device).mqtt;
    this.#observe(device, "mqtt", { kind: "answered", ms: rttMs ?? 0 });
  }

  /** The device has confirmed bytes that it was sent by the broker, up to that one. */
  arrived(device: string, to: number, bytes: number): void {
    const download = this.#downloads.get(device);
    if (download?.by === "mqtt") this.#note(device, download.arrived(to, bytes, this.#deps.now()));
  }

  /** An answer with bytes is over. */
  settled(device: string, { by, repeated, isCut, triedMs }: Settled): void {
    if (isCut) {
      this.#downloads.get(device)?.cut();
      this.#observe(device, by, { kind: "cut" });
    }
    if (repeated > 0) this.#observe(device, by, { kind: "repeated", bytes: repeated });
    if (triedMs !== undefined) this.#observe(device, by, { kind: "answered", ms: triedMs });
  }

  /** The device lost a connection to the broker. */
  disconnected(device: string): void {
    if (this.#downloads.has(device)) this.#observe(device, "mqtt", { kind: "cut" });
  }

  /** An owed message leaves for a device that listens. */
  sent(device: string, owed: Named): void {
    if (!this.#deps.isListening(device)) return;
    this.#of(device).sent = { name: nameOf(owed), at: this.#deps.now() };
  }

  /** The device has confirmed it. */
  delivered(device: string, owed: Named): void {
    const watched = this.#watched.get(device);
    if (watched?.sent?.name !== nameOf(owed)) return;
    const ms = this.#deps.now() - watched.sent.at;
    watched.sent = undefined;
    if (ms <= ANSWERED_MS_MOST) this.#observe(device, "mqtt", { kind: "answered", ms });
  }

  /** Nobody is watched any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#downloads.clear();
  }

  #of(device: string): Watched {
    const known = this.#watched.get(device);
    if (known) return known;
    const watched: Watched = {
      http: unknownQuality,
      mqtt: unknownQuality,
      isTold: false,
      wasListening: false,
    };
    this.#watched.set(device, watched);
    return watched;
  }

  #standing(id: string): Transport | undefined {
    const device = this.#deps.committed(id);
    return device && standingOf(device).transport;
  }

  #begin(device: string, download: Download): void {
    if (this.#isClosed) return;
    this.#of(device).wasListening ||= this.#deps.isListening(device);
    this.#downloads.set(device, download);
    this.#cancelLook ??= this.#deps.clock.after(LOOK_MS, () => this.#look());
  }

  #note(device: string, sign: Sign | undefined): void {
    if (sign) this.#observe(device, sign.by, sign.observation);
  }

  #observe(device: string, by: Transport, observation: Observation): void {
    const watched = this.#of(device);
    watched[by] = observed(watched[by], observation, this.#deps.now());
    this.#judge(device, watched);
  }

  /** Those who download, one by one, but not too many at once: what does not move is observed as well. */
  #look(): void {
    this.#cancelLook = undefined;
    const now = this.#deps.now();
    if (this.#toLook.length === 0) this.#toLook = [...this.#downloads.keys()];
    const looked = this.#toLook.splice(-LOOKED_MAX);
    for (const id of looked) {
      const download = this.#downloads.get(id);
      if (!download) continue;
      const device = this.#deps.committed(id);
      if (device && !isUnderWay(device, download)) this.#downloads.delete(id);
      else this.#lookAt(id, download, device && activeTask(device.tasks), now);
    }
    if (this.#downloads.size === 0 || this.#isClosed) return;
    const ms = Math.ceil(LOOK_MS * looked.length / this.#downloads.size);
    this.#cancelLook = this.#deps.clock.after(Math.min(ms, LOOK_MS), () => this.#look());
  }

  /** Of one who cannot be reached at all nobody knows that a way is at fault. */
  #lookAt(id: string, download: Download, task: Task | undefined, now: number): void {
    if (!this.#deps.isListening(id)) download.pauses(now);
    const { bytesPerS } = this.#of(id)[download.by];
    const stalled = download.stalled(now, task && this.#deps.lastGivenAt(task), bytesPerS);
    if (stalled) this.#note(id, stalled);
    else this.#judge(id, this.#of(id));
  }

  /** Tells the loop when something else is to be recommended; what it makes of that is a fact. */
  #judge(id: string, watched: Watched): void {
    const device = this.#deps.committed(id);
    const download = this.#downloads.get(id);
    if (!device || watched.isTold || !download || !isUnderWay(device, download)) return;
    const { http, mqtt } = watched;
    const { transport: home = "http" } = device;
    const isListening = this.#deps.isListening(id);
    const measured: Measured = { http, mqtt, isListening, home };
    const standing = standingOf(device);
    watched.wasListening ||= isListening;
    if (!watched.wasListening && this.#deps.now() < this.#since + GRACE_MS) return;
    if (recommend(standing, measured, this.#deps.now()) === standing) return;
    watched.isTold = true;
    void this.#deps.submit({ kind: "network", device: id, http, mqtt, isListening }).then(() => {
      watched.isTold = false;
    });
  }
}

/** Nobody needs another way to what is complete, or was given up. */
function isUnderWay({ tasks }: Device, { task }: Download): boolean {
  const active = activeTask(tasks);
  return active?.id === task && active.state === "downloading";
}

function nameOf({ task, kind, attempt }: Named): string {
  return `${task}.${kind}.${attempt}`;
}
