/** How much memory a process holds, as Linux counts it (proc(5)): its resident set, in MiB. */

/** Until memory has been the same for so long, it is not at rest. */
const REST_MS = 500;
const REST_MIB = 1;
/** Nobody waits longer for it to come to rest. */
const REST_LOOKS_MAX = 10;

/** The resident set of a process. */
export class Rss {
  readonly #proc: string;

  /** @throws {Error} where there is no `/proc`. */
  constructor(pid: number) {
    this.#proc = `/proc/${pid}`;
  }

  /** Now. */
  now(): number {
    return this.#read("VmRSS");
  }

  /** The greatest since `forgetPeak`. */
  peak(): number {
    return this.#read("VmHWM");
  }

  /** The peak begins anew at what is held now. */
  forgetPeak(): void {
    Deno.writeTextFileSync(`${this.#proc}/clear_refs`, "5");
  }

  /** Once it does not change any more, or after some seconds. */
  async atRest(): Promise<number> {
    let before = this.now();
    for (let look = 0; look < REST_LOOKS_MAX; look++) {
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      const now = this.now();
      if (Math.abs(now - before) < REST_MIB) return now;
      before = now;
    }
    return before;
  }

  #read(name: string): number {
    const status = Deno.readTextFileSync(`${this.#proc}/status`);
    const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
    return Number(kib) / 1024;
  }
}
