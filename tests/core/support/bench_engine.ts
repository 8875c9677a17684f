/** An engine on a memory store and a clock that stands still until told: no network, no waiting. */
import { createHash } from "node:crypto";
import { parseAsk, parseReport } from "../../../core/mod.ts";
import type { AskKind, Message, ReportKind } from "../../../core/mod.ts";
import { startEngine } from "../../../core/engine/mod.ts";
import type {
  Answer,
  Clock,
  Command,
  Engine,
  EngineOptions,
  Observer,
  OutboundChunk,
  OutboundMessage,
} from "../../../core/engine/mod.ts";
import { MemoryStore } from "./memory_store.ts";
import { IMAGE, SIZE, T0 } from "./given.ts";
import { PaperImages } from "./paper_images.ts";

export class ManualClock implements Clock {
  #now = 0;
  /** What the wall clock is off by. */
  skew = T0;
  readonly #timers = new Map<number, { at: number; call: () => void }>();
  #next = 0;

  wall = (): number => this.#now + this.skew;
  monotonic = (): number => this.#now;
  soon = (call: () => void): void => queueMicrotask(call);
  after = (ms: number, call: () => void): () => void => {
    const key = this.#next++;
    this.#timers.set(key, { at: this.#now + ms, call });
    return () => void this.#timers.delete(key);
  };

  /** No timer outlives its process. */
  forget(): void {
    this.#timers.clear();
  }

  /** It stands still in the middle of something. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** The process stands still while time goes on: every timer comes late, all at once. */
  async freeze(ms: number): Promise<void> {
    this.#now += ms;
    await this.pass(0);
  }

  /** Lets time pass, timer by timer; what each one starts is settled before the next. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, t]) =>
        t.at <= end
      ).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].call();
      await settle();
    }
    this.#now = Math.max(this.#now, end);
    await settle();
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

export interface Bench {
  readonly store: MemoryStore;
  readonly clock: ManualClock;
  readonly sent: OutboundMessage[];
  /** Bytes on their way to devices; a test says what becomes of them. */
  readonly chunks: OutboundChunk[];
  readonly images: PaperImages;
  readonly cut: string[];
  readonly faults: unknown[];
  /** What hears of everything; a test may put its own ears in. */
  readonly observer: { -readonly [Name in keyof Observer]: Observer[Name] };
  engine: Engine;
  command(command: Command): Promise<Answer>;
  /** The device to which sending throws. */
  failSend?: string;
  /** The device that is being given bytes of an image. */
  giving?: string | undefined;
  /** When more can be handed to the outbox; it always can unless this is set. */
  room?: () => Promise<void>;
  report(
    device: string,
    kind: ReportKind,
    payload: unknown,
    packet?: { key: string; isRepeat: boolean },
  ): Promise<readonly Message[]>;
  /** The device asks for bytes or digests. */
  ask(device: string, kind: AskKind, payload: unknown): Promise<Answer>;
  upgrade(device: string, more?: object): Promise<Answer>;
  /** Starts another engine on the same store, as after a crash; `version`: which otalog it is. */
  restart(version?: string): Promise<void>;
  /** The kinds of messages sent since this was last asked. */
  heard(): string[];
}

/** A bench with a device `pump-7` and firmware 2.0.0 of {@link IMAGE}. */
export async function bench(
  more: Pick<EngineOptions, "deviceRequests" | "isBrokered" | "version"> = {},
  store = new MemoryStore(),
  { givesNoBytes = false } = {},
): Promise<Bench> {
  const clock = new ManualClock();
  const sent: OutboundMessage[] = [];
  const chunks: OutboundChunk[] = [];
  const images = new PaperImages();
  const cut: string[] = [];
  const faults: unknown[] = [];
  let salt = 0;
  const observer: Bench["observer"] = { fault: (error) => void faults.push(error) };
  const ports = {
    store,
    clock,
    outbox: {
      send: (m: OutboundMessage) => {
        if (m.device === self.failSend) throw new Error("The socket is gone.");
        sent.push(m);
      },
      sendChunk: (chunk: OutboundChunk) => void chunks.push(chunk),
      disconnect: (d: string) => void cut.push(d),
      room: async () => await self.room?.(),
      isGiving: (d: string) => d === self.giving,
    },
    ...givesNoBytes ? {} : { images },
    digest: { sha256, salt: () => (++salt).toString(16).padStart(32, "0") },
    observer,
  };
  const options = {
    baseUrl: "http://127.0.0.1:8000",
    identity: { log: "0123456789abcdef", publicKey: "ed25519:00" },
    ...more,
  };
  const self: Bench = {
    store,
    clock,
    sent,
    chunks,
    images,
    cut,
    faults,
    observer,
    engine: await startEngine(ports, options),
    command: (command) => self.engine.submit({ kind: "command", actor: "operator:test", command }),
    ask: (device, ask, payload) =>
      self.engine.submit({ kind: "ask", device, ask, parsed: parseAsk(ask, encode(payload)) }),
    report: async (device, kind, payload, packet) => {
      const bytes = encode(payload);
      const answer = await self.engine.submit({
        kind: "report",
        device,
        report: kind,
        parsed: parseReport(kind, bytes),
        via: "mqtt",
        packet,
      });
      if (!answer.ok) throw new Error(answer.problem.detail);
      return answer.messages.map(({ message }) => message);
    },
    upgrade: (device_id, more = {}) =>
      self.command({ type: "requestUpgrade", request: upgradeRequest(device_id, more) }),
    restart: async (version) => {
      clock.forget();
      self.engine = await startEngine(ports, { ...options, ...(version && { version }) });
    },
    heard: () => sent.splice(0).map(({ message }) => message.kind),
  };
  await self.command({
    type: "registerDevice",
    device: "pump-7",
    tokenSha256: "aa".repeat(32),
    tokenSha512: ANY_SHA512,
  });
  await addFirmware(self, "2.0.0", IMAGE.slice(7));
  return self;
}

function encode(payload: unknown): Uint8Array {
  return new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload));
}

import { requestUpgrade } from "../../../core/mod.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";

function upgradeRequest(device_id: string, more: object) {
  return requestUpgrade.parse({
    device_id,
    firmware_version: "2.0.0",
    checksum: IMAGE,
    ...more,
  });
}

export function addFirmware(
  bench: Bench,
  version: string,
  sha256: string,
  size = SIZE,
  product: string | null = null,
): Promise<Answer> {
  return bench.command({
    type: "addFirmware",
    image: { sha256, size, sha1: "00", md5: "00".repeat(16) },
    version,
    product,
    name: `${version}.bin`,
  });
}
