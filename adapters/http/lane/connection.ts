/**
 * One connection on the lane: one request after the other, each answered before the next is looked at.
 * What is not answered yet lies in the socket, which so keeps whatever comes behind it, its end too.
 */
import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { ServedEnd } from "../pace.ts";
import { numberOf } from "../wire.ts";
import type { Admission, Admitted } from "./admission.ts";
import { HeadReader } from "./head.ts";
import type { LaneHead } from "./head.ts";
import { Sending } from "./sending.ts";
import type { SendingDeps, SendingEnds } from "./sending.ts";

/** What a connection works with. */
export interface LaneConnectionDeps extends SendingDeps {
  readonly admission: Admission;
  readonly handOver: (socket: Socket) => void;
  /** The connection is closed, or was handed over. */
  readonly onGone: () => void;
}

/** A connection. */
export class LaneConnection {
  readonly #socket: Socket;
  readonly #deps: LaneConnectionDeps;
  readonly #number: number;
  readonly #heads = new HeadReader();
  /** The answer under way. */
  #sending: Sending | undefined;
  /** A request is being answered. */
  #isBusy = false;
  /** The peer will send no more. */
  #isEnded = false;
  #isGone = false;
  /** When the peer has kept us waiting for a request for too long; `undefined`: from the next look on. */
  #lateAt: number | undefined;
  readonly #ends: SendingEnds = {
    sent: () => this.#next(),
    failed: () => this.cut("cut"),
  };
  readonly #listeners = {
    data: (bytes: Buffer) => this.#take(bytes),
    end: () => this.#end(),
    error: () => {},
    close: () => this.#leave("cut"),
  };

  /** Takes a fresh connection. */
  constructor(socket: Socket, deps: LaneConnectionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#number = numberOf(socket);
    this.#lateAt = performance.now() + deps.limits.headMs;
    for (const [event, listener] of Object.entries(this.#listeners)) socket.on(event, listener);
  }

  /** Looks whether the peer keeps us waiting for too long; `now` is of `performance.now()`. */
  look(now: number): void {
    if (now > (this.#sending?.lateAt ?? this.#idleLateAt(now))) this.cut("stalled");
  }

  /** Ends the connection at once: what already waits in it is not to arrive either. */
  cut(how: ServedEnd): void {
    if (this.#isGone) return;
    this.#leave(how);
    if (this.#sending) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Told by looks, not by each answer: a clock costs more than what it would be exact for. */
  #idleLateAt(now: number): number {
    if (this.#isBusy) return Infinity;
    return this.#lateAt ??= now + this.#deps.limits.keepAliveMs;
  }

  #take(bytes: Buffer): void {
    if (this.#isBusy) return this.#putBack(bytes);
    const head = this.#heads.read(bytes.toString("latin1"));
    if (!head) {
      this.#putBack(bytes);
      return this.#handOver();
    }
    this.#isBusy = true;
    const admitted = this.#deps.admission.further(head, this.#number);
    if (!admitted) {
      this.#putBack(bytes);
      return void this.#admit(head);
    }
    if (head.length < bytes.length) this.#putBack(bytes.subarray(head.length));
    this.#answer(admitted, head);
  }

  async #admit(head: LaneHead): Promise<void> {
    // What is refused is told by the application, which sees the request as it came.
    const admitted = await this.#deps.admission.first(head, this.#number).catch(() => undefined);
    if (this.#isGone) return admitted?.download?.end("cut");
    if (!admitted) return this.#handOver();
    this.#drop(head.length);
    this.#answer(admitted, head);
  }

  #answer(admitted: Admitted, asked: LaneHead): void {
    this.#sending = new Sending(this.#socket, admitted, asked, this.#deps, this.#ends);
    this.#sending.begin();
  }

  /** The answer is out; the next request may wait already. */
  #next(): void {
    this.#sending = undefined;
    this.#isBusy = false;
    this.#lateAt = undefined;
    if (this.#isEnded) this.#socket.end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #end(): void {
    this.#isEnded = true;
    if (!this.#isBusy) this.#socket.end();
  }

  #putBack(bytes: Uint8Array): void {
    this.#socket.pause();
    this.#socket.unshift(bytes);
  }

  /** Takes so many bytes out of the socket, where they were put back. */
  #drop(count: number): void {
    const { data } = this.#listeners;
    this.#socket.off("data", data);
    this.#socket.read(count);
    this.#socket.on("data", data);
  }

  #handOver(): void {
    this.#isGone = true;
    this.#deps.onGone();
    const socket = this.#socket;
    for (const [event, listener] of Object.entries(this.#listeners)) socket.off(event, listener);
    // At once, and not when the socket flows again: what arrives before that would go ahead of it.
    const waiting = socket.read();
    this.#deps.handOver(socket);
    socket.resume();
    if (waiting !== null) socket.emit("data", waiting);
  }

  #leave(how: ServedEnd): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#sending?.end(how);
    this.#deps.onGone();
  }
}
