/** The faults that a virtual device was asked to have: what they do to its bytes and its digest. */
import { randomBytes } from "node:crypto";
import { chunkCount } from "../../firmware/mod.ts";
import { Interruption } from "./interruption.ts";
import type { How } from "./interruption.ts";
import type { DeviceFaults } from "./options.ts";

/** A byte of the image at which something happens, once. */
interface Stop {
  readonly how: How;
  readonly at: number | undefined;
  readonly said: string;
}

/** Which of the faults have happened, and which are to come; a reboot does not change that. */
export class Faults {
  readonly #options: DeviceFaults;
  readonly #done = new Set<How>();
  #corruptDone = false;
  #isWarned = false;

  /** Has the faults that the options ask for. */
  constructor(options: DeviceFaults) {
    this.#options = options;
  }

  /** Sentences on the faults that this image is too small for; told once. */
  warnings(size: number, chunkBytes: number): string[] {
    if (this.#isWarned) return [];
    this.#isWarned = true;
    const { corruptChunk } = this.#options;
    const count = chunkCount(size, chunkBytes);
    const said = this.#stops(size)
      .filter(({ at }) => at !== undefined && at > size)
      .map(({ at, said }) =>
        `Nothing happens at byte ${at} (${said}): the image has ${size} bytes.`
      );
    if (corruptChunk !== undefined && corruptChunk >= count) {
      said.unshift(
        `There is no chunk ${corruptChunk} to store wrongly: ` +
          `the image has ${count} chunks, from 0 to ${count - 1}.`,
      );
    }
    return said;
  }

  /** How many of `length` bytes from `offset` on come before something happens, and what does. */
  stopWithin(
    offset: number,
    length: number,
    size: number,
  ): { readonly taken: number; readonly interruption: Interruption } | undefined {
    const [first] = this.#stops(size)
      .flatMap(({ at, ...stop }) =>
        at === undefined || at < offset || at > offset + length || this.#done.has(stop.how)
          ? []
          : [{ ...stop, at }]
      )
      .sort((a, b) => a.at - b.at);
    if (!first) return undefined;
    this.#done.add(first.how);
    return { taken: first.at - offset, interruption: new Interruption(first.how, first.said) };
  }

  #stops(size: number): Stop[] {
    const { cutAt, switchAt, restartAt, silentAfter } = this.#options;
    const half = silentAfter === "downloading" ? Math.floor(size / 2) : undefined;
    return [
      { how: "cut", at: cutAt, said: "the connections are lost" },
      { how: "switch", at: switchAt, said: "the transport changes" },
      { how: "restart", at: restartAt, said: "power is lost" },
      { how: "silence", at: half, said: "half of the image is stored" },
    ];
  }

  /** Ends the work of a device that falls silent there. @throws {Interruption} */
  passes(phase: "metadata" | "verified" | "rebooting"): void {
    if (this.#options.silentAfter !== phase) return;
    throw new Interruption(phase === "rebooting" ? "dark" : "silence", `after ${phase}`);
  }

  /** The bytes as they are stored, from that byte of the image on. */
  spoil(offset: number, bytes: Uint8Array, chunkBytes: number): Uint8Array {
    const at = this.#spoiltAt(offset, bytes.length, chunkBytes);
    if (at === undefined) return bytes;
    const spoilt = bytes.slice();
    spoilt[at]! ^= 0xff;
    return spoilt;
  }

  #spoiltAt(offset: number, length: number, chunkBytes: number): number | undefined {
    const { corruptChunk, corruptAlways, lie } = this.#options;
    if (length === 0) return undefined;
    if (offset === 0 && (corruptAlways || lie === "right-digest")) return 0;
    if (corruptChunk === undefined || this.#corruptDone) return undefined;
    const start = corruptChunk * chunkBytes;
    if (offset >= start + chunkBytes || offset + length <= start) return undefined;
    this.#corruptDone = true;
    return Math.max(start - offset, 0);
  }

  /** The digest that the device reports, of what it stored and of what it should have. */
  claim(stored: string, wanted: string): string {
    switch (this.#options.lie) {
      case "right-digest":
        return wanted;
      case "wrong-digest":
        return `sha256:${randomBytes(32).toString("hex")}`;
      default:
        return stored;
    }
  }

  /** A simple device checks the whole only; others name the chunks that are bad. */
  get namesBadChunks(): boolean {
    return !this.#options.corruptAlways && this.#options.lie === undefined;
  }

  /** What the device does instead of booting the new image and saying so. */
  get afterReboot(): DeviceFaults["afterReboot"] {
    return this.#options.afterReboot;
  }
}
