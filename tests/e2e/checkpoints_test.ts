/** Checkpoints of a real engine, as those who keep them get them: by file, by POST, by asking. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  consistencyPath,
  parseVerifierKey,
  provesConsistency,
  readKept,
} from "../../core/evidence/mod.ts";
import type { Checkpoint, KeptCheckpoints } from "../../core/evidence/mod.ts";
import { machineDigest, verifyEd25519 } from "../../adapters/host/mod.ts";
import { TreeReader } from "../../adapters/sqlite/mod.ts";
import { inFolder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";
import { assertReplays, Operator, soon } from "./house.ts";
import { Serve, TOKEN } from "./serve.ts";

const { sha256 } = machineDigest;
/** Longer than a publisher waits before it tries again. */
const AGAIN_MS = 15_000;

/** An engine that can be started again and again in its folder, and who asks it. */
class Stage extends Operator {
  readonly data: string;
  readonly file: string;
  readonly url: string;
  readonly #mqtt: number;

  private constructor(folder: string, http: number, mqtt: number) {
    super(() => this.url, () => TOKEN);
    this.data = `${folder}/data`;
    this.file = `${folder}/checkpoints`;
    this.url = `http://127.0.0.1:${http}`;
    this.#mqtt = mqtt;
  }

  static async in(folder: string): Promise<Stage> {
    return new Stage(folder, await freePort(), await freePort());
  }

  /** A new process. */
  async serve(...more: string[]): Promise<Serve> {
    const where = ["--http", new URL(this.url).host, "--mqtt", `127.0.0.1:${this.#mqtt}`];
    const engine = new Serve(["--data", this.data, ...where, ...more]);
    await soon(engine.ready, "ready");
    return engine;
  }

  /** What anybody is told there. */
  async text(path: string): Promise<string> {
    const response = await fetch(`${this.url}${path}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
    return await response.text();
  }

  /** Adds rows, all at once. */
  async add(count: number, begin = 0): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, n) => this.register(`d-${begin + n}`)));
  }

  get notes(): string {
    return Deno.readTextFileSync(this.file);
  }

  /** Reads the tree of the database, which nobody writes now. */
  read<T>(what: (tree: TreeReader) => T): T {
    const database = new DatabaseSync(`${this.data}/otalog.db`, { readOnly: true });
    try {
      return what(new TreeReader(database));
    } finally {
      database.close();
    }
  }

  /** Each checkpoint has grown out of the one before it, and the log out of the last one. */
  assertGrew(checkpoints: readonly Checkpoint[]): void {
    this.read((tree) => {
      for (const [nth, { size, root }] of checkpoints.entries()) {
        assert.equal(tree.root(size), root, `root of ${size}`);
        const { size: from, root: fromRoot } = checkpoints[nth - 1] ?? { size: 0, root: "" };
        assert.ok(from < size, `${from} before ${size}`);
        const path = consistencyPath(from, size).map((range) => tree.hashOf(range));
        const proof = { from, fromRoot, to: size, toRoot: root, path };
        assert.ok(provesConsistency(proof, sha256), `${from} to ${size}`);
      }
    });
  }
}

function keptIn(text: string, keyLine: string): KeptCheckpoints {
  const key = parseVerifierKey(keyLine.trimEnd(), sha256);
  assert.ok(key, keyLine);
  return readKept(text, key, verifyEd25519, sha256);
}

/** All of them whole, and signed by the log. */
function checkpointsIn(text: string, keyLine: string): readonly Checkpoint[] {
  const { checkpoints, broken, others, forged } = keptIn(text, keyLine);
  assert.deepEqual([broken, others, forged], [0, 0, []]);
  return checkpoints;
}

Deno.test("serve --checkpoints FILE appends what the log's key signed, start after start, and prints the last", async () => {
  await inFolder(async (folder) => {
    const stage = await Stage.in(folder);
    const args = ["--checkpoints", stage.file, "--checkpoint-rows", "20"];
    let key = "";
    for (let start = 1; start <= 3; start++) {
      const before = start === 1 ? "" : stage.notes;
      await using engine = await stage.serve(...args);
      const keyNow = await stage.text("/log/key");
      if (start > 1) assert.equal(keyNow, key);
      key = keyNow;
      const first = await stage.text("/log/checkpoint");
      await stage.add(50, start * 100);
      engine.kill("SIGTERM");
      const { code, said, printed } = await engine.end();
      assert.deepEqual([code, said], [0, ""]);
      assert.ok(stage.notes.startsWith(`${before}${first}\n`), "appended");
      assert.ok(stage.notes.endsWith(`\n${printed}\n`), "the last is the one that is printed");
      const [last] = checkpointsIn(printed, key);
      stage.assertGrew([...checkpointsIn(first, key), last!]);
    }
    const all = checkpointsIn(stage.notes, key);
    assert.ok(all.length >= 9, `${all.length} checkpoints`);
    stage.assertGrew(all);
    assert.equal(stage.read((tree) => tree.root(all.at(-1)!.size)), all.at(-1)!.root);
    await assertReplays(stage.data);
  });
});

Deno.test("a log whose engine is killed is never signed as two logs", async () => {
  await inFolder(async (folder) => {
    const stage = await Stage.in(folder);
    const args = ["--checkpoints", stage.file, "--checkpoint-rows", "1"];
    let key = "";
    for (let start = 0; start < 4; start++) {
      await using engine = await stage.serve(...args);
      key = await stage.text("/log/key");
      await stage.add(20, start * 1_000);
      const cut = stage.add(200, start * 1_000 + 100).catch(() => {});
      await stage.add(1, start * 1_000 + 999);
      engine.kill("SIGKILL");
      assert.equal((await engine.end()).said, "");
      await cut;
    }
    {
      await using engine = await stage.serve(...args);
      engine.kill("SIGTERM");
      assert.deepEqual((await engine.end()).said, "");
    }
    const { checkpoints, forged, others } = keptIn(stage.notes, key);
    assert.deepEqual([forged, others], [[], 0]);
    assert.ok(checkpoints.length >= 10, `${checkpoints.length} checkpoints`);
    stage.assertGrew(checkpoints);
    await assertReplays(stage.data);
  });
});

Deno.test("an older copy of a log is not signed, as its file of checkpoints says more", async () => {
  await inFolder(async (folder) => {
    const stage = await Stage.in(folder);
    const copy = `${folder}/copy.db`;
    for (let start = 0; start < 2; start++) {
      await using engine = await stage.serve("--checkpoints", stage.file);
      await stage.add(10, start * 100);
      engine.kill("SIGTERM");
      await engine.end();
      if (start === 0) await Deno.copyFile(`${stage.data}/otalog.db`, copy);
    }
    const { notes } = stage;
    await Deno.copyFile(copy, `${stage.data}/otalog.db`);
    await using engine = await stage.serve("--checkpoints", stage.file);
    await engine.says(/one of 45 rows was signed before, and the log ends at row 24\. .*\n/);
    const answer = await fetch(`${stage.url}/log/checkpoint`);
    assert.equal(answer.status, 503);
    await answer.body?.cancel();
    // It serves its devices all the same.
    await stage.add(30, 500);
    engine.kill("SIGTERM");
    const { code, said, printed } = await engine.end();
    assert.match(said, /^No checkpoint is signed any more: .*$/, "it is told once");
    assert.deepEqual([code, printed, stage.notes], [0, "", notes]);
  });
});

Deno.test("serve refuses a file of checkpoints in its data folder, before there is a log", async () => {
  await inFolder(async (folder) => {
    const stage = await Stage.in(folder);
    await using engine = await stage.serve("--checkpoints", `${stage.data}/../data/checkpoints`);
    assert.deepEqual(await engine.end(), {
      code: 1,
      printed: "",
      said: `Cannot use ${stage.data}/../data/checkpoints: it lies inside the data folder, where ` +
        "whoever edits the log could edit it, too. Name another file with --checkpoints.",
    });
    assert.deepEqual([...Deno.readDirSync(stage.data)], []);
  });
});

/** An HTTP server that keeps what is posted to it, and perhaps gives it back. */
function keeper(port: number, givesBack = false) {
  const notes: string[] = [];
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const options = { hostname: "127.0.0.1", port, onListen: () => {} };
  const server = Deno.serve(options, async (request) => {
    assert.equal(request.headers.get("authorization"), `Basic ${btoa("otalog:p@ss")}`);
    if (request.method === "GET") {
      return givesBack ? new Response(notes.join("\n")) : new Response(null, { status: 405 });
    }
    notes.push(await request.text());
    resolve();
    return new Response();
  });
  return { notes, first, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** What is told at a start when nothing can be read back. */
const unread = (port: number, why: string) =>
  `Cannot read checkpoints back from http://127.0.0.1:${port}/log: ${why}. ` +
  "Of earlier checkpoints only what the data folder says is known.";

for (const givesBack of [true, false]) {
  const known = givesBack ? "its server gives back more" : "one beside it was published";
  Deno.test(`an older copy of a log is not signed, as ${known}`, async () => {
    await inFolder(async (folder) => {
      const stage = await Stage.in(folder);
      const port = await freePort();
      await using kept = keeper(port, givesBack);
      const args = ["--checkpoints", `http://otalog:p%40ss@127.0.0.1:${port}/log`];
      const copy = `${folder}/copy.db`;
      const told = givesBack ? "" : unread(port, "it answered 405");
      for (let start = 0; start < 2; start++) {
        await using engine = await stage.serve(...args);
        await stage.add(10, start * 100);
        engine.kill("SIGTERM");
        const { said, printed } = await engine.end();
        assert.deepEqual([said, kept.notes.at(-1)], [told, printed]);
        if (start === 0) await Deno.copyFile(`${stage.data}/otalog.db`, copy);
      }
      const taken = kept.notes.length;
      await Deno.copyFile(copy, `${stage.data}/otalog.db`);
      if (givesBack) await Deno.remove(`${stage.data}/published.checkpoint`);
      await using engine = await stage.serve(...args);
      await engine.says(/one of 45 rows was signed before, and the log ends at row 24\. .*\n/);
      await stage.add(30, 500);
      engine.kill("SIGTERM");
      const { code, printed } = await engine.end();
      assert.deepEqual([code, printed, kept.notes.length], [0, "", taken]);
    });
  });
}

Deno.test("serve --checkpoints URL posts the newest one when the server comes up later, and the last", async () => {
  await inFolder(async (folder) => {
    const stage = await Stage.in(folder);
    const port = await freePort();
    const url = `http://otalog:p%40ss@127.0.0.1:${port}/log`;
    await using engine = await stage.serve("--checkpoints", url, "--checkpoint-rows", "1");
    await engine.says(/nobody listens there\. It is tried again\.\n/);
    const key = await stage.text("/log/key");
    await stage.add(10);
    await using kept = keeper(port);
    await soon(kept.first, "the checkpoint", AGAIN_MS);
    const newest = await stage.text("/log/checkpoint");
    assert.deepEqual(kept.notes, [newest]);
    await engine.says(/^Checkpoints are published again\.$/m);
    await stage.add(10, 100);
    engine.kill("SIGTERM");
    const { code, said, printed } = await engine.end();
    assert.equal(code, 0);
    assert.equal(
      said,
      `${unread(port, "nobody listens there")}\n` +
        `Cannot publish to http://127.0.0.1:${port}/log: nobody listens there. It is tried again.\n` +
        "Checkpoints are published again.",
    );
    assert.equal(kept.notes.at(-1), printed);
    stage.assertGrew(checkpointsIn(kept.notes.join("\n"), key));
  });
});

Deno.test("serve ends within 5 s though nobody answers for the last checkpoint", async () => {
  await inFolder(async (folder) => {
    const stage = await Stage.in(folder);
    // The system takes the connection, and nobody answers.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = silent.addr;
    const url = `http://127.0.0.1:${port}/log`;
    await using engine = await stage.serve("--checkpoints", url);
    const key = await stage.text("/log/key");
    const asked = performance.now();
    engine.kill("SIGTERM");
    const { code, said, printed } = await engine.end();
    assert.ok(performance.now() - asked < 5_000, `${performance.now() - asked} ms`);
    const late = "The last checkpoint could not be published in time.";
    assert.deepEqual([code, said], [0, `${unread(port, "there is no answer")}\n${late}`]);
    stage.assertGrew(checkpointsIn(printed, key));
  });
});
