/** Two thousand devices that take an image slowly, from a real process; ten thousand: `deno task bench --only slow-readers`. */
import assert from "node:assert/strict";
import { quantile } from "../bench/figures.ts";
import { slowReaders, WAYS } from "../bench/crowd/slow_readers.ts";
import type { Waits } from "../bench/crowd/control_path.ts";

const EACH_WAY = 1_000;
const CALL_MS = 3_000;
/** What ten thousand may cost is 500 MiB, the engine at rest among it. */
const KIB_EACH_MAX = 48;
/** Code that is made ready for its work, once and for all of them. */
const WARM_MIB = 60;
const P99_MS_MAX = 100;

Deno.test("two thousand slow readers cost little memory, and nobody else their patience", async () => {
  const data = await Deno.makeTempDir();
  try {
    const readers = { artifacts: EACH_WAY, firmware: EACH_WAY };
    const { restMib, peakMib, kibEach, alone, among, counts } = await slowReaders(
      data,
      readers,
      CALL_MS,
    );
    for (const { open, starved } of counts) assert.deepEqual([open, starved], [EACH_WAY, 0]);
    const each = WAYS.map((way) => `${kibEach[way]!.toFixed(0)} KiB (/${way}/…)`).join(", ");
    const mib = `${restMib.toFixed(0)} MiB at rest, ${peakMib.toFixed(0)} MiB at most`;
    console.log(`each reader ${each}; ${mib}; p99 ${waitsText(among)}, before ${waitsText(alone)}`);
    const mibMax = restMib + WARM_MIB + 2 * EACH_WAY * KIB_EACH_MAX / 1_024;
    assert.ok(peakMib <= mibMax, `${peakMib} MiB, ${restMib} MiB at rest`);
    for (const what of ["progress", "healthz"] as const) {
      const [p99, before] = [quantile(among[what], 0.99), quantile(alone[what], 0.99)];
      // Where others keep the machine busy, nobody is fast, with or without readers.
      assert.ok(p99 <= Math.max(P99_MS_MAX, 5 * before), `${what}: ${p99} ms, before ${before} ms`);
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

function waitsText({ progress, healthz }: Waits): string {
  const [ofProgress, ofHealthz] = [progress, healthz].map((waits) =>
    quantile(waits, 0.99).toFixed(0)
  );
  return `${ofProgress} ms (progress), ${ofHealthz} ms (healthz)`;
}
