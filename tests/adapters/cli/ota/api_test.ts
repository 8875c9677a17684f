/** What a person reads when the API refuses, or is not there. */
import assert from "node:assert/strict";
import { HelpWanted, runOta, UsageError } from "../../../../adapters/cli/mod.ts";
import { inFolder } from "../../../support/folder.ts";
import { Paper } from "../paper.ts";
import { answering } from "./server.ts";

const token = "the-operators-token";

async function complaint(url: string, ...args: string[]): Promise<string> {
  try {
    await runOta(args, new Paper(false), { url, token });
  } catch (error) {
    assert.ok(!(error instanceof UsageError), String(error));
    return (error as Error).message;
  }
  throw new Error("It was not refused");
}

const problem = (status: number, body: object) =>
  Response.json(body, { status, headers: { "content-type": "application/problem+json" } });

const refusals: [what: string, answer: () => Response, args: string, sentence: RegExp][] = [
  [
    "a problem by its detail",
    () => problem(404, { detail: "There is no task OTA_20230801_001." }),
    "task show OTA_20230801_001",
    /^There is no task OTA_20230801_001\.$/,
  ],
  [
    "field errors by the flags they came from",
    () =>
      problem(422, {
        detail: "See errors.",
        errors: [
          { path: "chunk_size", message: "must be at most 9" },
          { path: "limits.offered", message: "must be at least 1" },
          { path: "device_id", message: "is bad" },
        ],
      }),
    `upgrade pump-7 2.0.0 --checksum sha256:${"0".repeat(64)}`,
    /^--chunk-size must be at most 9; --limit offered must be at least 1; DEVICE is bad\.$/,
  ],
  [
    "a token that is not taken by where it came from",
    () => problem(401, { detail: "x" }),
    "device list",
    /does not take the operator's token of OTALOG_OPERATOR_TOKEN\. Give another with --token-file/,
  ],
  [
    "a server that is something else",
    () => new Response("<html>", { status: 502 }),
    "device list",
    /^What answers at http:\S+ is no otalog engine \(status 502\)\. Check --url\.$/,
  ],
  [
    "a redirect, which is not given the token",
    () => new Response(null, { status: 302, headers: { location: "/elsewhere" } }),
    "device list",
    /\(status 302\)\. Check --url\.$/,
  ],
];

for (const [what, answer, args, sentence] of refusals) {
  Deno.test(`ota names ${what}`, async () => {
    const paths: string[] = [];
    await answering(({ url }) => {
      paths.push(new URL(url).pathname);
      return answer();
    }, async (url) => assert.match(await complaint(url, ...args.split(" ")), sentence));
    assert.equal(paths.length, 1);
  });
}

Deno.test("ota says where nobody answers, and what to check", async () => {
  let gone = "";
  await answering(() => new Response(), (url) => void (gone = url));
  const sentence = `Cannot reach the engine at ${gone}: the connection was refused. ` +
    "Check that it runs, and its address (--url or OTALOG_URL).";
  assert.equal(await complaint(gone, "device", "list"), sentence);
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/a.bin`, new Uint8Array(1_000));
    const upload = ["firmware", "add", `${folder}/a.bin`, "--version", "1"];
    assert.equal(await complaint(gone, ...upload), sentence);
  });
});

Deno.test("ota follows all pages of a list", async () => {
  const paper = new Paper(false);
  await answering(({ url }) => {
    const after = new URL(url).searchParams.get("after");
    const item = (device_id: string) => ({ device_id });
    return Response.json(
      after === null
        ? { items: [item("a"), item("b")], next: "b" }
        : { items: after === "b" ? [item("c")] : [] },
    );
  }, async (url) => void await runOta(["device", "list", "--json"], paper, { url, token }));
  assert.equal(paper.text, '{"device_id":"a"}\n{"device_id":"b"}\n{"device_id":"c"}\n');
});

Deno.test("ota takes the token from a file, the environment, or the engine's folder", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/operator.token`, "from-the-folder\n");
    await Deno.writeTextFile(`${folder}/other`, "from-a-file");
    const seen: (string | null)[] = [];
    const serve = (request: Request) => {
      seen.push(request.headers.get("authorization"));
      return Response.json({ items: [] });
    };
    await answering(serve, async (url) => {
      const list = (token: string | undefined, ...more: string[]) =>
        runOta(["device", "list", "--url", url, ...more], new Paper(false), { url: "x", token });
      await list("from-outside", "--token-file", `${folder}/other`, "--data", folder);
      await list("from-outside", "--data", folder);
      await list(undefined, "--data", folder);
      await assert.rejects(
        list(undefined, "--data", "/nowhere"),
        /^UsageError: Cannot read the op/,
      );
      await Deno.writeTextFile(`${folder}/other`, "two words");
      await assert.rejects(
        list("x", "--token-file", `${folder}/other`),
        /holds no operator's token/,
      );
    });
    const bearer = ["from-a-file", "from-outside", "from-the-folder"].map((t) => `Bearer ${t}`);
    assert.deepEqual(seen, bearer);
  });
});

const levels: [args: string, first: RegExp][] = [
  ["", /^Operate a running engine/],
  ["--help", /deno task ota device add .*\n[^]*deno task ota events/],
  ["device", /^Operate[^]*ota device revoke/],
  ["task --help", /^Operate[^]*ota task cancel/],
  ...["device add ID", "device list", "device show ID", "device token ID", "device revoke ID"],
  ...["firmware add FILE", "firmware list", "upgrade DEVICE VERSION", "task list", "task show ID"],
  ...["task cancel ID", "watch \\[TASK…\\]", "events"],
].map((level) => typeof level === "string" ? [helpOf(level), startOf(level)] : level) as never;

function helpOf(usage: string): string {
  return `${usage.replace(/ [A-Z\\[].*/, "")} --help`;
}

function startOf(usage: string): RegExp {
  return new RegExp(`^deno task ota ${usage} \\[flags\\]\n`);
}

for (const [args, text] of levels) {
  Deno.test(`ota ${args} shows its help, no wider than a screen`, async () => {
    const run = runOta(args.split(" ").filter(Boolean), new Paper(false), {
      url: undefined,
      token: undefined,
    });
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof HelpWanted, String(error));
      assert.match(error.message, text);
      for (const line of error.message.split("\n")) assert.ok(line.length <= 110, line);
      return true;
    });
  });
}

for (const args of ["device foo", "foo", "task --json", "toString"]) {
  Deno.test(`ota says that there is no ${args}`, async () => {
    const run = runOta(args.split(" "), new Paper(false), { url: undefined, token });
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /^There is no command ota .+\. See deno task ota.* --help\.$/);
      return true;
    });
  });
}
