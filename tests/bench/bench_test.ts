import assert from "node:assert/strict";
import { HelpWanted, UsageError } from "../../adapters/cli/mod.ts";
import { median, quantile } from "./figures.ts";
import { isPossible, measurements, parseBench } from "./main.ts";
import { PacketReader, publishPacket } from "./packets.ts";
import { rateSaid } from "./ranges.ts";
import { measuredText, numberText } from "./report.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("deno task bench --quick makes every measurement that is not long, and prints every run", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const [, ...words] = tasks.bench.command.split(" ");
  const bench = new Deno.Command(Deno.execPath(), {
    args: [...words, "--quick", "--json"],
    cwd: ROOT,
    // Where many share a machine it takes longer than the minute it needs by itself.
    signal: AbortSignal.timeout(300_000),
  });
  const { code, stdout, stderr } = await bench.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const made = JSON.parse(new TextDecoder().decode(stdout));
  const names = made.map(({ name }: { name: string }) => name);
  // A developer without Mosquitto goes on; CI has it and may not.
  const isCi = Deno.env.get("CI") !== undefined;
  const { chosen } = parseBench(["--quick"]);
  const possible = await Promise.all(chosen.map((one) => isCi || isPossible(one)));
  assert.deepEqual(names, chosen.filter((_, n) => possible[n]).map(({ name }) => name));
  for (const { name, noise, figures } of made) {
    assert.ok(noise >= 1, name);
    assert.ok(figures.length > 0, name);
    for (const figure of figures) {
      assert.ok(figure.values.length >= 2, `${name}: ${figure.name}`);
      assert.ok(figure.values.every(Number.isFinite), `${name}: ${figure.name}`);
      assert.ok(figure.values.includes(figure.median), `${name}: ${figure.name}`);
    }
  }
});

Deno.test("parseBench() takes all measurements, or the one that is named", () => {
  assert.deepEqual(parseBench([]), { chosen: measurements, isQuick: false, json: false });
  const { chosen, isQuick } = parseBench(["--only", "core", "--quick"]);
  assert.deepEqual([chosen.map(({ name }) => name), isQuick], [["core"], true]);
  assert.throws(
    () => parseBench(["--only", "cor"]),
    (error) =>
      error instanceof UsageError &&
      /^--only must be one of core, .*, not "cor"\.$/.test(error.message),
  );
});

Deno.test("parseBench() has help that names every measurement and is no wider than a screen", () => {
  assert.throws(() => parseBench(["--help"]), (error) => {
    assert.ok(error instanceof HelpWanted);
    for (const { name } of measurements) assert.ok(error.message.includes(`  ${name} `), name);
    for (const line of error.message.split("\n")) assert.ok(line.length <= 100, line);
    return true;
  });
});

Deno.test("quantile() gives the nearest rank, median() the middle, whatever the order", () => {
  const values = [30, 10, 20];
  assert.deepEqual([0, 0.5, 0.99, 1].map((share) => quantile(values, share)), [10, 20, 30, 30]);
  assert.deepEqual([median(values), median([4, 1, 3, 2]), values], [20, 2, [30, 10, 20]]);
  assert.throws(() => median([]), /nothing/);
});

Deno.test("measuredText() aligns the figures and says the spread and the noise", () => {
  const screen = { isTerminal: false, isColoured: false, write: () => {} };
  const figures = [
    { name: "steps", unit: "steps/s", values: [12000, 10000, 11000] },
    { name: "ratio", unit: "×", values: [1.25, 1, 2] },
  ];
  const text = measuredText(screen, { ...measurements[0]!, summary: "What it is." }, {
    name: "core",
    seconds: 4.2,
    noise: 1.125,
    figures,
  });
  assert.deepEqual(text.trimEnd().split("\n"), [
    "core  What it is.",
    "  steps  11000  steps/s  10000 to 12000",
    "  ratio   1.25  ×        1.00 to 2.00",
    "  3 runs in 4 s; noise 1.13 × (the slowest to the fastest of identical jobs)",
  ]);
});

Deno.test("numberText() keeps three digits that mean something", () => {
  assert.deepEqual([0.123, 9.876, 12.34, 123.4, -0.5].map(numberText), [
    "0.12",
    "9.88",
    "12.3",
    "123",
    "-0.50",
  ]);
});

Deno.test("PacketReader cuts packets apart however their bytes come in", () => {
  const packets = ["", "x".repeat(20_000), "{}"].map((payload) => publishPacket("/a", payload, 7));
  const bytes = Buffer.concat(packets);
  for (const size of [1, 3, 4_096, bytes.length]) {
    const taken: number[][] = [];
    const reader = new PacketReader();
    for (let at = 0; at < bytes.length; at += size) {
      reader.push(bytes.subarray(at, at + size), (first, body) => taken.push([first, body.length]));
    }
    assert.deepEqual(taken, [[0x32, 6], [0x32, 20_006], [0x32, 8]], `${size} bytes at a time`);
  }
});

Deno.test("rateSaid() takes no rate of answers that were refused, cut or without their bytes", () => {
  const said = (read: string, more = "") =>
    `  40136 requests in 1.10s, ${read} read\n${more}Requests/sec:  36512.70\n`;
  for (const read of ["159.77MB", "0.16GB"]) assert.equal(rateSaid(said(read), 4_096), 36_512.7);
  const wrongs: [said: string, rangeBytes: number][] = [
    [said("159.77MB"), 8_192],
    [said("5.21MB"), 4_096],
    [said("159.77KB"), 4_096],
    [said("159.77MB", "  Non-2xx or 3xx responses: 1\n"), 4_096],
    [said("159.77MB", "  Socket errors: connect 0, read 1, write 0, timeout 0\n"), 4_096],
    ["", 4_096],
  ];
  for (const [text, bytes] of wrongs) {
    assert.throws(() => rateSaid(text, bytes), /^Error: wrk said/);
  }
});
