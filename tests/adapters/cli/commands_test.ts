import assert from "node:assert/strict";
import {
  HelpWanted,
  overview,
  parseBackup,
  parseDemo,
  parseDevice,
  parseErase,
  parseReplay,
  parseRestore,
  parseServe,
  parseSimulate,
  unknownCommand,
  UsageError,
} from "../../../adapters/cli/mod.ts";

Deno.test("parseServe() has the defaults of the contract and takes what is said", () => {
  assert.deepEqual(parseServe([]), {
    broker: undefined,
    data: "./data",
    http: { host: "127.0.0.1", port: 8000 },
    mqtt: { host: "127.0.0.1", port: 1883 },
    publicUrl: undefined,
    rates: undefined,
    offload: undefined,
    openArtifacts: false,
    deviceRequests: "allow",
    checkpoints: undefined,
    checkpointPace: { rows: 10_000, ms: 300_000 },
    takeOver: false,
  });
  const args = [
    "--http=[::1]:0",
    "--mqtt",
    "localhost:1",
    "--public-url",
    "https://a.example/ota/",
  ];
  args.push("--device-rate=2048", "--fleet-rate", "1000000", "--offload", "x-sendfile");
  const given = parseServe([...args, "--open-artifacts", "--data", "x"]);
  assert.deepEqual(given, {
    broker: undefined,
    data: "x",
    http: { host: "::1", port: 0 },
    mqtt: { host: "localhost", port: 1 },
    publicUrl: "https://a.example/ota",
    rates: { deviceBytesPerS: 2_048, fleetBytesPerS: 1_000_000 },
    offload: "x-sendfile",
    openArtifacts: true,
    deviceRequests: "allow",
    checkpoints: undefined,
    checkpointPace: { rows: 10_000, ms: 300_000 },
    takeOver: false,
  });
});

const places: [place: string, means: object][] = [
  ["checkpoints", { file: "checkpoints" }],
  ["/mnt/kept/a:b@c", { file: "/mnt/kept/a:b@c" }],
  ["https://a.example", { url: "https://a.example/", username: undefined, password: undefined }],
  [
    "HTTP://us%65r:p%40ss%3A@a.example:8080/log?key=1",
    { url: "http://a.example:8080/log?key=1", username: "user", password: "p@ss:" },
  ],
  ["https://user@a.example/", { url: "https://a.example/", username: "user", password: undefined }],
];

for (const [place, means] of places) {
  Deno.test(`parseServe() takes ${place} as a place for checkpoints`, () => {
    const given = parseServe([`--checkpoints=${place}`, "--checkpoint-rows=7"]);
    assert.deepEqual(given.checkpoints, means);
    assert.deepEqual(given.checkpointPace, { rows: 7, ms: 300_000 });
    assert.deepEqual(parseServe(["--checkpoint-minutes", "2"]).checkpointPace, {
      rows: 10_000,
      ms: 120_000,
    });
  });
}

const wrong: [parse: (args: string[]) => unknown, args: string, sentence: RegExp][] = [
  [parseServe, "--htp x", /^There is no flag --htp\. See deno task serve --help\.$/],
  [parseServe, "--http", /^--http needs a value\. Give it as --http HOST:PORT\.$/],
  [parseServe, "--http --mqtt a:1", /^--http needs a value\. Give it as --http HOST:PORT\.$/],
  [parseServe, "--data=", /^--data is empty\. Give it as --data DIR\.$/],
  [parseServe, "--insecure=yes", /^--insecure takes no value\. See deno task serve --help\.$/],
  [parseServe, "--help=1", /^--help takes no value\./],
  [parseServe, "-x", /^There is no flag -x\./],
  [parseServe, "here", /^"here" is not expected here\. See/],
  [parseServe, "--http 8000", /^--http must be HOST:PORT such as 127\.0\.0\.1:8000, not "8000"\.$/],
  [parseServe, "--http a:65536", /^--http must be HOST:PORT/],
  [parseServe, "--mqtt ::1:5", /^--mqtt must be HOST:PORT/],
  [parseServe, "--http 10.0.0.1:80", /can be reached from outside.*--insecure\.$/],
  [parseServe, "--mqtt 0.0.0.0:1883", /--insecure\.$/],
  [parseServe, "--http 0.0.0.0:80 --insecure", /--public-url\.$/],
  [parseServe, "--public-url ftp://x", /^--public-url must be a URL/],
  [parseServe, "--public-url http://u:p@x", /^--public-url must be without user name and pass/],
  [parseServe, "--public-url http://:p@x", /^--public-url must be without user name and password/],
  [parseServe, "--public-url http://x/#a", /^--public-url must be a URL .*, without \? and #, not/],
  [parseServe, "--public-url http://x?", /^--public-url must be a URL .*, without \? and #, not/],
  [parseServe, "--checkpoints=", /^--checkpoints is empty\. Give it as --checkpoints FILE\|URL\.$/],
  [
    parseServe,
    "--checkpoints ftp://x/log",
    /^--checkpoints must be a file, or a URL such as https:/,
  ],
  [
    parseServe,
    "--checkpoints https://x/#a",
    /^--checkpoints must be a file, or a URL .* without #/,
  ],
  [parseServe, "--checkpoints http://", /^--checkpoints must be a file, or a URL/],
  [parseServe, "--checkpoints http://u%:p@x/", /^User name and password in --checkpoints are perc/],
  [
    parseServe,
    "--checkpoints http://u%3Av:p@x/",
    /^The user name in --checkpoints must be without/,
  ],
  [
    parseServe,
    "--checkpoint-rows 0",
    /^--checkpoint-rows must be a whole number from 1 to 1000000/,
  ],
  [parseServe, "--checkpoint-minutes 1441", /^--checkpoint-minutes must be .* from 1 to 1440, not/],
  [
    parseServe,
    "--offload x-sendfile",
    /^With --offload a proxy sends the images\. Say with --public/,
  ],
  [parseDemo, "--devices 0", /^--devices must be a whole number from 1 to 200, not "0"\.$/],
  [parseDemo, "--devices 1.5", /^--devices must be a whole number/],
  [parseDevice, "--url http://x --token t", /^--device is missing\. Give it as --device ID\.$/],
  [parseDevice, "--url x --token t --device d", /^--url must be a URL/],
  [parseDevice, "--url http://x --device=", /^--device is empty\. Give it as --device ID\.$/],
  [
    parseDevice,
    "--url http://x --device d --token t --cut-at -1",
    /^--cut-at .* 0 to \d+, not "-1"/,
  ],
  [parseDevice, "--url http://x --device d --token t --cut-at 1e3", /^--cut-at must be a whole/],
  [parseReplay, "a.jsonl --data b", /^A log is in LOG\.jsonl or in the folder of --data\. Leave/],
  [parseReplay, "a.jsonl b.jsonl", /^"b\.jsonl" is not expected here\./],
  [parseReplay, "--at yesterday", /^--at must be the number of a row .*; it is "yesterday"\.$/],
  [parseReplay, "--at 0", /^--at must be the number of a row such as .*, or a time such as .*Z or/],
  [parseReplay, "--at 3 --at 7", /^--at is given 2 times\. Give it once\.$/],
  [parseErase, "--data x", /^--device is missing\. Give it as --device ID\.$/],
  [parseErase, "--device a/b", /^--device must be 1 to 64 of .*; it is "a\/b"\.$/],
  [
    parseErase,
    "--device a pump-7",
    /^"pump-7" is not expected here\. See deno task erase --help\.$/,
  ],
  [parseReplay, "--device", /^--device needs a value\. Give it as --device ID\.$/],
];

for (const [parse, args, sentence] of wrong) {
  Deno.test(`${parse.name}() says what is wrong with ${args}`, () => {
    assert.throws(
      () => parse(args.split(" ")),
      (error) => error instanceof UsageError && sentence.test(error.message),
    );
  });
}

Deno.test("unknownCommand() names it, and those that there are", () => {
  assert.equal(
    unknownCommand("foo").message,
    "There is no command foo. There are serve, demo, replay, export, verify, archive, backup, restore, erase, simulate, device, ota and broker-config.",
  );
});

Deno.test("every command has its help, aligned and no wider than a screen", () => {
  const parses = [
    parseServe,
    parseDemo,
    parseReplay,
    parseBackup,
    parseRestore,
    parseErase,
    parseSimulate,
    parseDevice,
  ];
  for (const parse of parses) {
    assert.throws(() => parse(["--help"]), (error) => {
      assert.ok(error instanceof HelpWanted);
      const lines = error.message.split("\n");
      assert.match(lines[0]!, /^deno task [a-z]+( \[LOG\.jsonl\]| DIR| BACKUP)? \[flags\]$/);
      const starts = lines.filter((line) => line.startsWith("  --")).map((line) =>
        /^ {2}--\S+(?: [A-Z:|]+)?\s{2,}(?=\S)/.exec(line)?.[0].length
      );
      assert.equal(new Set(starts).size, 1, error.message);
      for (const line of lines) assert.ok(line.length <= 110, line);
      return true;
    });
  }
  for (const name of ["serve", "demo", "replay", "simulate", "device", "ota", "broker-config"]) {
    assert.match(overview(), new RegExp(`deno task ${name}`));
  }
});
