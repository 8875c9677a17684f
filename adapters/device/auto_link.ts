/** A device's connection over MQTT, and over HTTP while the broker cannot be reached. */
import type { ReportKind } from "../../core/mod.ts";
import { HttpLink } from "./http_link.ts";
import type { ByteLine, DeviceLink, LinkEvents } from "./link.ts";
import { MqttLink } from "./mqtt_link.ts";
import type { DeviceOptions, Transport } from "./options.ts";
import { pause } from "./pause.ts";

/** A broker that is not there at the start after so long is stood in for. */
const FIRST_PATIENCE_MS = 1_500;
/** And one that was, and is not there again. */
const PATIENCE_MS = 5_000;
/** A connection that held for so long was no accident: the next one is waited for as long. */
const GOOD_MS = 10_000;
/** A report that finds no connection waits for one so long. */
const REPORT_MS = 15_000;

/** Both, of which one speaks. */
export class AutoLink implements DeviceLink {
  readonly #options: DeviceOptions & { readonly httpUrl: string };
  readonly #events: LinkEvents;
  readonly #mqtt: MqttLink;
  /** Stands in for MQTT. */
  #http: HttpLink | undefined;
  /** Links that are being closed. */
  readonly #closing = new Set<Promise<void>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isHttpUp = false;
  /** Since when the broker is connected. */
  #upAt: number | undefined;
  /** A connection that was closed comes back at once, if it can; without any other there is none. */
  #mayComeBack = false;
  /** Resolves when another link has come up. */
  #next = Promise.withResolvers<void>();
  readonly #off = new AbortController();

  /** Begins to connect at once. */
  constructor(options: DeviceOptions & { readonly httpUrl: string }, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#mqtt = new MqttLink(options, {
      ...events,
      up: () => this.#mqttUp(),
      down: (host, why) => this.#mqttDown(host, why),
      line: (isUp) => this.#lineChanged(isUp),
    });
    this.#standInAfter(FIRST_PATIENCE_MS);
  }

  get speaks(): Transport {
    return this.#upAt === undefined && this.#isHttpUp ? "http" : "mqtt";
  }

  get line(): ByteLine {
    return this.#mqtt;
  }

  async report(kind: ReportKind, payload: object): Promise<void> {
    await this.#someLink();
    if (this.speaks === "http") return await this.#http!.report(kind, payload);
    const said = this.#mqtt.report(kind, payload);
    said.catch(() => {});
    const isSaid = await Promise.race([said.then(() => true), this.#stoodIn()]);
    if (!isSaid) await this.#http?.report(kind, payload);
  }

  cut(): void {
    this.#mqtt.cut();
    this.#http?.cut();
  }

  async close(): Promise<void> {
    this.#off.abort(new Error("The link is closed"));
    clearTimeout(this.#timer);
    this.#dropHttp();
    await Promise.all([this.#mqtt.close(), ...this.#closing]);
  }

  /** Waits for a connection, but not for ever: then MQTT says that there is none. */
  async #someLink(): Promise<void> {
    if (this.#upAt !== undefined || this.#isHttpUp) return;
    const late = new AbortController();
    const over = pause(REPORT_MS, AbortSignal.any([late.signal, this.#off.signal]));
    over.catch(() => {});
    await Promise.race([this.#next.promise, over]).finally(() => late.abort());
  }

  /** Resolves when HTTP speaks in the place of MQTT. */
  async #stoodIn(): Promise<false> {
    while (this.speaks !== "http") await this.#next.promise;
    return false;
  }

  #mqttUp(): void {
    this.#dropHttp();
    this.#cameUp("mqtt");
  }

  #cameUp(by: Transport): void {
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers<void>();
    this.#events.up(by);
    resolve();
  }

  #mqttDown(host: string, why: string): void {
    this.#events.down(host, why);
    if (!/^the connection was /.test(why)) this.#mayComeBack = false;
    if (this.#upAt === undefined && !this.#mayComeBack) this.#standIn();
  }

  #lineChanged(isUp: boolean): void {
    const heldMs = performance.now() - (this.#upAt ?? 0);
    this.#upAt = isUp ? performance.now() : undefined;
    if (isUp) {
      this.#mayComeBack = true;
      clearTimeout(this.#timer);
    } else this.#standInAfter(this.#mayComeBack && heldMs >= GOOD_MS ? PATIENCE_MS : 0);
    this.#events.line(isUp);
  }

  #standInAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#standIn(), ms);
  }

  #standIn(): void {
    if (this.#http || this.#off.signal.aborted) return;
    clearTimeout(this.#timer);
    const http: HttpLink = new HttpLink(this.#options, {
      ...this.#events,
      up: () => {
        this.#isHttpUp = true;
        this.#cameUp("http");
      },
      down: (host, why) => {
        this.#isHttpUp = false;
        this.#events.down(host, why);
      },
    });
    this.#http = http;
  }

  /** What MQTT says is enough. */
  #dropHttp(): void {
    const http = this.#http;
    if (!http) return;
    this.#http = undefined;
    this.#isHttpUp = false;
    const closed = http.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
