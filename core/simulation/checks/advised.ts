/**
 * I22: what is recommended to a device is on record with what it rests on, and stands until that speaks for
 * something else: nothing goes to and fro faster than `core/network/` says. It is told to that device alone,
 * once, and every offer names it.
 */
import type { OutboundMessage } from "../../engine/mod.ts";
import type { FactOf } from "../../log/mod.ts";
import type { TransportPayload } from "../../protocol/mod.ts";
import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import { deviceOf } from "./naive.ts";
import { standingOf } from "./naive_advice.ts";
import type { Advice } from "./naive_advice.ts";
import { isBusy } from "./words.ts";

/** A transport that was recommended is so for so long, unless its device has no session any more. */
const DWELL_MS = 4_000;
/** The same transport is recommended again, in other chunks, no sooner than after so long. */
const ADJUST_MS = 60_000;
/** In so long no device is sent to and fro more often than that, as it has to wait longer each time. */
const WHILE_MS = 600_000;
const SWITCHES_MAX = 24;

/** Judges recommendations. */
export class Advised implements Judge {
  readonly #court: Court;
  #newest = 0;
  /** What rows of this instant lead to, and was not told yet, by device. */
  readonly #untold = new Map<string, { readonly at: number; readonly advice: Advice[] }>();
  /** What stood for a device within the commit of an instant. */
  readonly #stood = new Map<string, { readonly at: number; readonly transports: Set<string> }>();
  /** When the transport of each device was switched, by engine time. */
  readonly #switches = new Map<string, number[]>();

  constructor(court: Court) {
    this.#court = court;
  }

  started({ number }: Life): void {
    this.#newest = Math.max(this.#newest, number);
  }

  beforeRow(seen: SeenRow): void {
    const { header: { stream }, fact } = seen;
    const id = deviceOf(stream);
    const device = this.#court.naive.devices.get(id);
    if (!device) return;
    this.#noteStanding(id, standingOf(device));
    if (fact.type === "NetworkMeasured") this.#judgeRow(id, seen, fact);
  }

  /** Who asks for another transport begins anew. */
  afterRow({ header: { stream }, fact }: SeenRow): void {
    const id = deviceOf(stream);
    if (fact.type !== "UpdateRequested" || this.#court.naive.devices.get(id)?.advice) return;
    this.#switches.delete(id);
  }

  sent({ device, message }: OutboundMessage, { number }: Life): void {
    if (message.kind === "transport") return this.#judgeTold(device, message.payload);
    // One that was replaced while it stood still goes by what it knows.
    if (message.kind !== "metadata" || number < this.#newest) return;
    const known = this.#court.naive.devices.get(device);
    const { transport, task_id } = message.payload;
    const stood = this.#stood.get(device);
    const isNow = stood?.at === this.#court.sight.now && stood.transports.has(transport);
    if (!known || isNow || standingOf(known) === transport) return;
    this.#deny(`${device} is offered ${task_id} over ${transport}, not ${standingOf(known)}`);
  }

  #judgeRow(
    id: string,
    { header: { seq, outcome } }: SeenRow,
    fact: FactOf<"NetworkMeasured">,
  ): void {
    const device = this.#court.naive.devices.get(id)!;
    const advice = outcome.effects.filter(({ type }) => type === "sendTransport");
    const [first] = advice;
    if (!first?.transport || advice.length > 1 || outcome.moves.length > 0) {
      return this.#deny(`Row ${seq} leads to ${JSON.stringify(outcome)}`);
    }
    const active = device.open.find(({ state }) => isBusy(state))?.id;
    if (fact.task !== active || first.task !== active) {
      return this.#deny(`Row ${seq} is about ${fact.task}, active is ${active}`);
    }
    const { transport, reason = "" } = first;
    if (!isSound(transport, reason, fact.data.listening)) {
      const what = `${transport} (${reason})`;
      return this.#deny(`Row ${seq} recommends ${what}, listening: ${fact.data.listening}`);
    }
    if (transport === standingOf(device)) this.#judgeAgain(seq, fact.at, reason, device.advice);
    else this.#judgeSwitch(id, seq, fact.at, reason);
    this.#expect(id, { transport, reason, at: fact.at });
  }

  #judgeAgain(seq: number, at: number, reason: string, before: Advice | undefined): void {
    if (reason !== "adjusted") this.#deny(`Row ${seq} recommends again what stands: ${reason}`);
    const sinceMs = at - (before?.at ?? 0);
    if (sinceMs < ADJUST_MS) this.#deny(`Row ${seq} recommends something anew after ${sinceMs} ms`);
  }

  #judgeSwitch(id: string, seq: number, at: number, reason: string): void {
    const before = this.#switches.get(id) ?? [];
    const sinceMs = at - (before.at(-1) ?? 0);
    const isLeft = reason === "gone";
    if (sinceMs < DWELL_MS && !isLeft) {
      this.#deny(`Row ${seq} sends ${id} back after ${sinceMs} ms (${reason})`);
    }
    const lately = [...before, at].filter((one) => at - one < WHILE_MS);
    if (lately.length > SWITCHES_MAX) {
      this.#deny(`Row ${seq} sends ${id} to and fro ${lately.length} times in ten minutes`);
    }
    this.#switches.set(id, lately);
  }

  #judgeTold(device: string, { transport, reason, ...plan }: TransportPayload): void {
    const untold = this.#untold.get(device);
    const isNow = untold?.at === this.#court.sight.now;
    const nth = isNow
      ? untold.advice.findIndex((one) => one.transport === transport && one.reason === reason)
      : -1;
    if (nth < 0) return this.#deny(`${device} is told ${transport} (${reason}) for no reason`);
    untold!.advice.splice(nth, 1);
    const { chunk_bytes: bytes, chunks_in_flight: count, heartbeat_seconds: everyS } = plan;
    const isPlan = isPowerOfTwo(bytes) && bytes >= 4_096 && bytes <= 131_072 &&
      count >= 1 && count <= 16 && everyS >= 1 && everyS <= 60;
    if (!isPlan) this.#deny(`${device} is told ${JSON.stringify(plan)}`);
  }

  #expect(device: string, advice: Advice): void {
    const { now } = this.#court.sight;
    const untold = this.#untold.get(device);
    if (untold?.at === now) untold.advice.push(advice);
    else this.#untold.set(device, { at: now, advice: [advice] });
  }

  #noteStanding(device: string, transport: string): void {
    const { now } = this.#court.sight;
    const stood = this.#stood.get(device);
    if (stood?.at === now) stood.transports.add(transport);
    else this.#stood.set(device, { at: now, transports: new Set([transport]) });
  }

  #deny(sentence: string): void {
    this.#court.deny("I22", `${sentence}.`);
  }
}

/** Who has no session is sent to HTTP for that alone, and stays there. */
function isSound(transport: string, reason: string, isListening: boolean): boolean {
  if (reason === "gone") return !isListening && transport === "http";
  return isListening || reason === "adjusted" && transport === "http";
}

function isPowerOfTwo(count: number): boolean {
  return count > 0 && (count & count - 1) === 0;
}
