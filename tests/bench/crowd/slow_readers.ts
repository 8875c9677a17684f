/** Very many devices that take an image slowly, all at once: what each costs the engine, and the others. */
import { Child } from "../child.ts";
import { loginOf } from "../made_log.ts";
import type { ReadersCount, ReadersTask } from "../scripts/readers.ts";
import { serve } from "../serve.ts";
import { callFor } from "./control_path.ts";
import type { Waits } from "./control_path.ts";
import { makeFleet, VERSION } from "./fleet.ts";

/** Which URL of the image they ask for: that of its digest, or that of its version. */
export const WAYS = ["artifacts", "firmware"] as const;
/** One of them. */
export type Way = (typeof WAYS)[number];

/** How it went. */
export interface Crowded {
  /** Resident set of the engine at rest, and its peak, in MiB. */
  readonly restMib: number;
  readonly peakMib: number;
  /** What each reader of that way added, in KiB. */
  readonly kibEach: Partial<Record<Way, number>>;
  /** Before the first reader came, and while all were there. */
  readonly alone: Waits;
  readonly among: Waits;
  /** What the readers took while the others were measured, of each way. */
  readonly counts: readonly ReadersCount[];
}

/** More than the buffers of a connection take. */
const IMAGE_BYTES = 8_000_000;
/** The devices that report meanwhile. */
const REPORTERS = 20;
/** So slow that bytes wait below the engine, and not so slow that it is taken for dead. */
const TURN_BYTES = 1_024;

/** Lets so many readers of each way come, and calls the engine for so long while they read. */
export async function slowReaders(
  data: string,
  readers: Partial<Record<Way, number>>,
  callMs: number,
  say: (text: string) => void = () => {},
): Promise<Crowded> {
  const ways = WAYS.flatMap((way) => readers[way] ? [{ way, count: readers[way] }] : []);
  const all = ways.reduce((sum, { count }) => sum + count, 0);
  say(`making ${all} devices`);
  const sha256 = await makeFleet(data, all + REPORTERS, IMAGE_BYTES);
  const paths = { artifacts: `/artifacts/${sha256}`, firmware: `/firmware/${VERSION}.bin` };
  await using engine = await serve(data);
  const { httpUrl, rss } = engine;
  const reporters = Array.from({ length: REPORTERS }, (_, n) => loginOf(all + n));
  const alone = await callFor(callMs, httpUrl, reporters);
  const restMib = await rss.atRest();
  await using stack = new AsyncDisposableStack();
  const crowds: Child[] = [];
  const kibEach: Partial<Record<Way, number>> = {};
  let [from, before] = [0, restMib];
  for (const { way, count } of ways) {
    say(`${count} devices come for ${paths[way]}`);
    const port = Number(new URL(httpUrl).port);
    const task: ReadersTask = { port, path: paths[way], from, count, bytesPerTurn: TURN_BYTES };
    const crowd = stack.use(Child.script("readers", task));
    await crowd.line("reading");
    crowds.push(crowd);
    from += count;
    const now = await rss.atRest();
    kibEach[way] = (now - before) * 1_024 / count;
    before = now;
  }
  say(`${all} devices read`);
  await Promise.all(crowds.map(count));
  const among = await callFor(callMs, httpUrl, reporters);
  const counts = await Promise.all(crowds.map(count));
  return { restMib, peakMib: rss.peak(), kibEach, alone, among, counts };
}

async function count(crowd: Child): Promise<ReadersCount> {
  await crowd.tell("count");
  return JSON.parse(await crowd.line("count "));
}
