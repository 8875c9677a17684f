/**
 * The page about proxies and rates: its commands are ones that there are, its figures those that hold.
 * Its configurations are what `tests/e2e/offload_test.ts` runs, word for word.
 */
import assert from "node:assert/strict";
import { parseServe } from "../../adapters/cli/mod.ts";
import { FairShare } from "../../core/network/mod.ts";
import type { FairShareOptions } from "../../core/network/mod.ts";
import { GRANTS_MAX } from "../../core/protocol/limits.ts";
import { blockOf, documentOf } from "./examples.ts";

const page = await documentOf("adapters/http/README.md");

Deno.test("adapters/http/README.md: serve is told of each proxy, and where devices reach it", () => {
  const lines = blockOf(page, "example: serve");
  const commands = [...lines.matchAll(/^deno task serve (.*?)\s+# (\w+)$/gm)];
  const told = commands.map(([, args, proxy]) => {
    const { offload, publicUrl, http } = parseServe(args!.split(" "));
    return [proxy, offload, publicUrl, `${http.host}:${http.port}`];
  });
  const [devices, engine] = ["https://ota.example", "127.0.0.1:8000"];
  assert.deepEqual(told, [
    ["nginx", "x-accel-redirect", devices, engine],
    ["Caddy", "x-sendfile", devices, engine],
  ]);
});

/** The number that the page has there. */
function figure(pattern: RegExp): number {
  const [, digits] = pattern.exec(page) ?? assert.fail(`The page has no ${pattern}`);
  return Number(digits!.replaceAll(",", ""));
}

const SIZE = 1_000;

/** Devices that fetch images of {@link SIZE} bytes. */
function fetching(rates: FairShareOptions) {
  const share = new FairShare(rates);
  return (device: string, image: string, now = 0): number => {
    const wanted = { device, image, from: 0, end: SIZE, size: SIZE };
    const waitS = share.begin(wanted, now);
    if (waitS === 0) share.end(wanted, SIZE, now);
    return waitS;
  };
}

/** How many of them go at once. */
function countOf(goesAtOnce: (n: number) => boolean): number {
  let n = 0;
  while (n < 100 && goesAtOnce(n)) n++;
  return n;
}

Deno.test("adapters/http/README.md: rates are flags, from the least one on", () => {
  const line = blockOf(page, "example: rates");
  const [, args] = /^deno task serve (.*?)\s+#/.exec(line)!;
  assert.deepEqual(parseServe(args!.split(" ")).rates, {
    deviceBytesPerS: 20_000,
    fleetBytesPerS: 5_000_000,
  });
  const least = figure(/per second, ([\d,]+) or more/);
  for (const flag of ["--device-rate", "--fleet-rate"]) {
    parseServe([flag, String(least)]);
    assert.throws(() => parseServe([flag, String(least - 1)]));
  }
});

Deno.test("adapters/http/README.md: what it says of a device's rate is so", () => {
  const burst = fetching({ deviceBytesPerS: SIZE });
  assert.equal(countOf((n) => burst("pump-7", `${n}`) === 0), figure(/ (\d+) s of its rate/));

  const slow = fetching({ deviceBytesPerS: 1 });
  assert.equal(countOf(() => slow("pump-7", "a") === 0), figure(/same image (\d+) times in all/));

  const [share, paidS] = [figure(/up to (\d+) % later/) / 100, SIZE];
  const waits = Array.from({ length: 1_000 }, (_, n) => {
    assert.equal(slow(`device-${n}`, "a"), 0);
    return slow(`device-${n}`, "b");
  }).toSorted((a, b) => a - b);
  const [first, last] = [waits[0]!, waits.at(-1)!];
  assert.ok(first >= paidS && first < (1 + share / 10) * paidS, `${first} s`);
  assert.ok(last <= (1 + share) * paidS && last > (1 + 0.9 * share) * paidS, `${last} s`);
});

Deno.test("adapters/http/README.md: what it says of the fleet's rate is so", () => {
  const burstS = figure(/\| (\d+) s of the rate/);
  const burst = fetching({ fleetBytesPerS: 10 * SIZE });
  // One more begins before that is over.
  assert.equal(countOf((n) => burst(`device-${n}`, "a") === 0), 10 * burstS + 1);

  const grantMs = figure(/for (\d+)\s+h\. A client/) * 3_600_000;
  assert.equal(grantMs, figure(/lapses (\d+)\s+h after its last use/) * 3_600_000);
  const ask = fetching({ fleetBytesPerS: 1 });
  assert.equal(ask("first", "a"), 0);
  const waitS = ask("pump-7", "a");
  assert.equal(waitS, SIZE - burstS);
  assert.equal(ask("pump-7", "b", 1_000), waitS - 1, "it asks early");
  // As many behind it as may come meanwhile: only what is kept for it goes at once.
  const fromMs = waitS * 1_000;
  for (let n = 0; n < 1_000; n++) ask(`device-${n}`, "a", fromMs);
  assert.equal(ask("late", "a", fromMs), 86_400, "a day");
  const lastMs = fromMs + grantMs - 1;
  assert.equal(ask("pump-7", "a", lastMs), 0);
  assert.equal(ask("pump-7", "a", lastMs + grantMs - 1), 0, "and again");
  assert.ok(ask("pump-7", "a", lastMs + 2 * grantMs) > 0, "too late");

  assert.equal(figure(/for\s+([\d,]+) devices; those/), GRANTS_MAX);
});
