/** One answer on its way out: piece after piece, each when the connection has taken the one before. */
import type { Socket } from "node:net";
import type { ImageBytes, ImageFiles } from "../../../firmware/mod.ts";
import type { DeviceDownload } from "../images/device_download.ts";
import type { ImageAnswer } from "../images/image_answer.ts";
import type { HttpLimits } from "../limits.ts";
import { isForProxy, offloaded } from "../images/offload.ts";
import type { Offload } from "../images/offload.ts";
import type { Pace, ServedEnd } from "../pace.ts";
import type { Admitted } from "./admission.ts";
import type { LaneHead } from "./head.ts";
import { headText } from "./head_text.ts";

/** What an answer is sent with. */
export interface SendingDeps {
  readonly images: ImageFiles;
  /** Who sends the bytes in place of us, if anybody. */
  readonly offload: Offload | undefined;
  readonly limits: HttpLimits;
  /** Of the connection. */
  readonly pace: Pace;
  /** Told of an image that cannot be read. */
  readonly onFault: (error: unknown) => void;
}

/** Who is told how it went; after either there is nothing more. */
export interface SendingEnds {
  /** The connection has taken everything. */
  sent(): void;
  /** It cannot go on: the connection is to be cut. */
  failed(): void;
}

/** Pieces are views of what is in memory: they cost no copy. */
export const LANE_SIZES = { first: 65_536, min: 16_384, max: 262_144 };

/** An answer. */
export class Sending {
  readonly #socket: Socket;
  readonly #deps: SendingDeps;
  readonly #ends: SendingEnds;
  readonly #answer: ImageAnswer;
  /** What a proxy is told, if it sends the bytes. */
  readonly #forProxy: Record<string, string> | undefined;
  readonly #download: DeviceDownload | undefined;
  readonly #source: ImageBytes | undefined;
  /** Bytes of the body that the connection has not taken. */
  #left: number;
  /** Those of them that it was given. */
  #underWay = 0;
  #lateAt = Infinity;
  #isOver = false;
  readonly #taken = (error?: Error | null) => this.#goOn(error);

  /** Answers what was asked. */
  constructor(
    socket: Socket,
    { image, answer, download }: Admitted,
    asked: LaneHead,
    deps: SendingDeps,
    ends: SendingEnds,
  ) {
    const { start, end } = answer;
    this.#socket = socket;
    this.#deps = deps;
    this.#ends = ends;
    this.#answer = answer;
    this.#download = download;
    const { offload } = deps;
    const isOthers = offload && !asked.isHead && isForProxy(answer, asked, download);
    this.#forProxy = isOthers ? offloaded(offload, image, answer) : undefined;
    this.#left = asked.isHead || isOthers ? 0 : end - start;
    this.#source = this.#left > 0 ? deps.images.bytes(image, start, end) : undefined;
  }

  /** When the peer has kept us waiting for too long, in milliseconds of `performance.now()`. */
  get lateAt(): number {
    return this.#lateAt;
  }

  /** Sends; to be called once. */
  begin(): void {
    // The device may have been refused since it was admitted.
    if (this.#download?.refused) return this.#ends.failed();
    this.#download?.onRefused(() => this.#ends.failed());
    const { status, fields, start, end } = this.#answer;
    const { limits: { keepAliveMs }, pace } = this.#deps;
    const now = performance.now();
    pace.again(now);
    if (this.#forProxy) {
      this.#download?.given(end - start);
      this.#give(now, headText(200, this.#forProxy, keepAliveMs));
    } else {
      this.#give(now, headText(status, fields, keepAliveMs));
    }
    // Most are over by now, and nobody could have refused them meanwhile.
    if (!this.#isOver) this.#download?.enter();
  }

  /** It is over; may be called more than once. */
  end(how: ServedEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source?.close();
    this.#download?.end(how);
  }

  /** Gives the next piece, behind the head if it is the first. */
  #give(now: number, head?: string): void {
    const piece = this.#source?.next(this.#deps.pace.next(now));
    if (!(piece instanceof Promise)) return this.#write(now, piece, head);
    // While we read, it is not the peer who keeps us waiting.
    this.#lateAt = Infinity;
    piece.then(
      (piece) => this.#write(performance.now(), piece, head),
      (error) => this.#fail(error),
    );
  }

  #write(now: number, piece: Uint8Array | undefined, head: string | undefined): void {
    if (this.#isOver) return;
    if (!piece && this.#left > 0) return this.#fail(new Error("An image is shorter than it was"));
    this.#underWay = piece?.length ?? 0;
    this.#deps.pace.given(this.#underWay);
    this.#download?.given(this.#underWay);
    this.#lateAt = now + this.#deps.pace.patienceMs;
    this.#hand(piece, head);
    const { writableLength, readableFlowing } = this.#socket;
    // The last piece is gone at once, mostly: if nothing waits behind it, nobody need wait for a word of it.
    if (this.#left === this.#underWay && writableLength === 0 && readableFlowing !== false) {
      this.#goOn();
    }
  }

  #hand(piece: Uint8Array | undefined, head: string | undefined): void {
    const socket = this.#socket;
    if (!piece) return void socket.write(head!, "latin1", this.#taken);
    if (head === undefined) return void socket.write(piece, this.#taken);
    socket.cork();
    socket.write(head, "latin1");
    socket.write(piece, this.#taken);
    socket.uncork();
  }

  #goOn(error?: Error | null): void {
    // The connection is closed then, and tells that itself.
    if (error || this.#isOver) return;
    this.#download?.taken();
    this.#left -= this.#underWay;
    if (this.#left > 0) return this.#give(performance.now());
    this.end("complete");
    this.#ends.sent();
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#deps.onFault(error);
    this.#ends.failed();
  }
}
