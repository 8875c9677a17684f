/** One connection on the lane: one request after the other, each answered before the next is looked at. */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import type { ImageBytes, ImageFiles } from "../../../firmware/mod.ts";
import type { DeviceDownload } from "../images/device_download.ts";
import { isForProxy, offloaded } from "../images/offload.ts";
import type { Offload } from "../images/offload.ts";
import { Pace } from "../pace.ts";
import type { ServedEnd } from "../pace.ts";
import type { HttpLimits } from "../limits.ts";
import { numberOf } from "../wire.ts";
import type { Admission, Admitted } from "./admission.ts";
import { readHead } from "./head.ts";
import type { LaneHead } from "./head.ts";
import { headText } from "./head_text.ts";

/** What a connection works with. */
export interface LaneConnectionDeps {
  readonly admission: Admission;
  readonly images: ImageFiles;
  readonly limits: HttpLimits;
  readonly handOver: (socket: Socket) => void;
  /** Who sends the bytes in place of us, if anybody. */
  readonly offload: Offload | undefined;
  /** The connection is closed, or was handed over. */
  readonly onGone: () => void;
}

/** An answer under way. */
interface Sending {
  readonly source: ImageBytes;
  readonly download: DeviceDownload | undefined;
  readonly pace: Pace;
  left: number;
  /** Bytes of the piece that the connection has not taken yet. */
  piece: number;
}

/** Pieces are views of what is in memory: they cost no copy. */
const SIZES = { min: 65_536, max: 262_144 };
/** What may wait while an answer is under way. */
const WAITING_BYTES_MAX = 16_384;
const NOTHING = Buffer.alloc(0);

/** A connection. */
export class LaneConnection {
  readonly #socket: Socket;
  readonly #deps: LaneConnectionDeps;
  readonly #number: number;
  #waiting: Buffer = NOTHING;
  #sending: Sending | undefined;
  /** A request is being answered. */
  #isBusy = false;
  /** The peer will send no more. */
  #isEnded = false;
  #isGone = false;
  /** When the peer has kept us waiting for too long, in milliseconds of `performance.now()`. */
  #lateAt: number;
  readonly #listeners = {
    data: (bytes: Buffer) => this.#take(bytes),
    end: () => this.#end(),
    error: () => {},
    close: () => this.#leave("cut"),
  };

  constructor(socket: Socket, deps: LaneConnectionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#number = numberOf(socket);
    this.#lateAt = performance.now() + deps.limits.headMs;
    for (const [event, listener] of Object.entries(this.#listeners)) socket.on(event, listener);
  }

  /** Looks whether the peer keeps us waiting for too long. */
  look(now: number): void {
    if (now > this.#lateAt) this.cut("stalled");
  }

  /** Ends the connection at once: what already waits in it is not to arrive either. */
  cut(how: ServedEnd): void {
    this.#leave(how);
    if (this.#sending) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    if (!this.#isBusy) this.#next();
    else if (this.#waiting.length > WAITING_BYTES_MAX) this.cut("cut");
  }

  #end(): void {
    this.#isEnded = true;
    if (!this.#isBusy) this.#socket.end();
  }

  #next(): void {
    const { length } = this.#waiting;
    if (length === 0) return;
    const head = readHead(this.#waiting.toString("latin1"));
    if (!head) return this.#handOver();
    const { admission } = this.#deps;
    const admitted = admission.further(head, this.#number);
    const rest = head.length < length ? this.#waiting.subarray(head.length) : NOTHING;
    this.#isBusy = true;
    this.#lateAt = Infinity;
    if (admitted) {
      this.#waiting = rest;
      return this.#answer(admitted, head);
    }
    // What is refused is told by the application, which sees the request as it came.
    void admission.first(head, this.#number).catch(() => undefined).then((admitted) => {
      if (this.#isGone) return admitted?.download?.end("cut");
      if (!admitted) return this.#handOver();
      this.#waiting = this.#waiting.subarray(head.length);
      this.#answer(admitted, head);
    });
  }

  #answer(admitted: Admitted, asked: LaneHead): void {
    const { image, answer, download } = admitted;
    const { status, start, end, fields } = answer;
    const { offload } = this.#deps;
    if (asked.isHead || end === start) {
      download?.end("complete");
      return this.#say(headText(status, fields));
    }
    if (offload && isForProxy(answer, asked, download)) {
      download?.given(end - start);
      download?.end("complete");
      return this.#say(headText(200, offloaded(offload, image, answer)));
    }
    const source = this.#deps.images.bytes(image, start, end);
    const pace = new Pace(this.#deps.limits, SIZES);
    this.#sending = { source, download, pace, left: end - start, piece: 0 };
    download?.onRefused(() => this.cut("cut"));
    this.#give(this.#sending, headText(status, fields));
  }

  /** An answer without bytes. */
  #say(head: string): void {
    this.#socket.write(head, "latin1");
    this.#done();
  }

  /** Gives the next piece, behind the head if it is the first. */
  #give(sending: Sending, head?: string): void {
    const max = sending.pace.next(performance.now());
    const piece = sending.source.next(max);
    if (!(piece instanceof Promise)) return this.#write(sending, piece, head);
    this.#lateAt = Infinity;
    piece.then((piece) => this.#write(sending, piece, head), () => this.cut("cut"));
  }

  #write(sending: Sending, piece: Uint8Array | undefined, head: string | undefined): void {
    if (this.#isGone) return;
    if (!piece) return this.cut("cut");
    const { pace, download } = sending;
    sending.piece = piece.length;
    pace.given(piece.length);
    this.#lateAt = performance.now() + pace.patienceMs;
    const written = (error?: Error | null) => {
      if (error || this.#isGone) return;
      download?.given(sending.piece);
      download?.taken();
      sending.left -= sending.piece;
      if (sending.left > 0) return this.#give(sending);
      this.#finish("complete");
      this.#done();
    };
    if (head === undefined) return void this.#socket.write(piece, written);
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    this.#socket.write(piece, written);
    this.#socket.uncork();
  }

  /** The answer is out; the next request may wait already. */
  #done(): void {
    this.#isBusy = false;
    this.#lateAt = performance.now() + this.#deps.limits.keepAliveMs;
    if (this.#waiting.length > 0) this.#next();
    else if (this.#isEnded) this.#socket.end();
  }

  #finish(how: ServedEnd): void {
    this.#sending?.source.close();
    this.#sending?.download?.end(how);
    this.#sending = undefined;
  }

  #leave(how: ServedEnd): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#sending?.source.close();
    this.#sending?.download?.end(how);
    this.#deps.onGone();
  }

  #handOver(): void {
    this.#isGone = true;
    this.#deps.onGone();
    const socket = this.#socket;
    for (const [event, listener] of Object.entries(this.#listeners)) socket.off(event, listener);
    socket.pause();
    if (this.#waiting.length > 0) socket.unshift(this.#waiting);
    this.#deps.handOver(socket);
    socket.resume();
  }
}
