/** The real process: started, refused, asked to end, and killed in the middle of an upgrade. */
import assert from "node:assert/strict";
import { VirtualDevice } from "../../adapters/device/mod.ts";
import { assertReplays, checksumOf, Operator, randomImage, soon } from "./house.ts";
import { Serve, TOKEN } from "./serve.ts";
import { inFolder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";

Deno.test("serve says when it is ready, refuses a second engine and taken ports, ends on SIGTERM", async () => {
  await inFolder(async (folder) => {
    const [http, mqtt] = [await freePort(), await freePort()];
    const where = (
      h: number,
      m: number,
    ) => ["--http", `127.0.0.1:${h}`, "--mqtt", `127.0.0.1:${m}`];
    await using first = new Serve(["--data", `${folder}/a`, ...where(http, mqtt)]);
    const line = await soon(first.ready, "ready");
    assert.equal(Deno.statSync(`${folder}/a`).mode! & 0o777, 0o700);
    assert.equal(line, `ready http=http://127.0.0.1:${http} mqtt=mqtt://127.0.0.1:${mqtt}`);
    for (
      const [path, status] of [["/healthz", 200], ["/readyz", 200], ["/devices", 401]] as const
    ) {
      const response = await fetch(`http://127.0.0.1:${http}${path}`);
      await response.body?.cancel();
      assert.equal(response.status, status, path);
    }
    const refused: [string[], number, RegExp][] = [
      [["--data", `${folder}/a`, ...where(0, 0)], 1, /^Cannot use .*another engine is using it\./],
      [
        ["--data", `${folder}/b`, ...where(http, 0)],
        1,
        /^Cannot listen on .*Choose another with --http\.$/,
      ],
      [
        ["--data", `${folder}/b`, ...where(0, mqtt)],
        1,
        /^Cannot listen on .*Choose another with --mqtt\.$/,
      ],
      [["--http", "0.0.0.0:8000"], 2, /--insecure/],
      [["--http", "0.0.0.0:8000", "--insecure"], 2, /--public-url/],
      [["--http", "nowhere"], 2, /^--http must be HOST:PORT/],
      [["--prot", "1"], 2, /^There is no flag --prot\. See deno task serve --help\.$/],
    ];
    for (const [args, code, sentence] of refused) {
      await using other = new Serve(args);
      const end = await other.end();
      assert.equal(end.code, code, args.join(" "));
      assert.match(end.said, sentence);
      assert.doesNotMatch(end.said, /\n\s+at /);
    }
    const followed = await fetch(`http://127.0.0.1:${http}/events?follow=true`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    const asked = performance.now();
    first.kill("SIGTERM");
    // Who follows the log sees its end.
    assert.match(
      await soon(followed.text(), "the end of the log"),
      /"type":"EngineStopped".*\n\n$/,
    );
    const { code, said, printed } = await first.end();
    assert.deepEqual([code, said], [0, ""]);
    // The last checkpoint of the log.
    assert.match(printed, /^otalog\/[0-9a-f]{32}\n3\n.{44}\n\n\u2014 otalog\/[0-9a-f]{32} \S+\n$/);
    assert.ok(performance.now() - asked < 20_000);
    await assertReplays(`${folder}/a`);
  });
});

Deno.test("an upgrade survives the engine's SIGKILL: nothing is fetched twice, the log replays clean", async () => {
  await inFolder(async (folder) => {
    const [http, mqtt] = [await freePort(), await freePort()];
    const args = [
      ...["--data", `${folder}/data`, "--http", `127.0.0.1:${http}`],
      ...["--mqtt", `127.0.0.1:${mqtt}`],
    ];
    const operator = new Operator(() => `http://127.0.0.1:${http}`, () => TOKEN);
    const image = randomImage(400_000);
    const chunks = Math.ceil(image.length / 8_192);
    const { promise: halfWay, resolve: onHalfWay } = Promise.withResolvers<void>();
    let taskId = "";
    let run: Promise<Awaited<ReturnType<VirtualDevice["run"]>>>;
    {
      await using engine = new Serve(args);
      await soon(engine.ready, "ready");
      const token = await operator.register("pump-7");
      const checksum = await operator.upload("2.0.0", image);
      taskId = await operator.order("pump-7", "2.0.0", checksum, { chunk_size: 8 });
      const device = new VirtualDevice({
        id: "pump-7",
        token,
        mqttUrl: `mqtt://127.0.0.1:${mqtt}`,
        folder: `${folder}/device`,
        version: "1.0.0",
        onEvent: (event) => {
          if (event.type === "stored" && event.received > image.length / 2) onHalfWay();
        },
      });
      run = device.run();
      await soon(halfWay, "half of the image");
      engine.kill("SIGKILL");
      await engine.end();
    }
    await assertReplays(`${folder}/data`);
    await using again = new Serve(args);
    await soon(again.ready, "ready again");
    const end = await soon(run, "the end of the upgrade", 60_000);
    assert.equal(end.outcome, "succeeded");
    assert.equal(end.taskId, taskId);
    assert.equal(end.stats.attempts, 1);
    assert.equal(checksumOf(await Deno.readFile(`${folder}/device/pump-7.bin`)), checksumOf(image));
    const twice = end.stats.chunks.length - chunks;
    assert.ok(twice <= 1, `${twice} chunks were fetched twice`);
    const task = await operator.task(taskId);
    assert.deepEqual([task.state, task.attempt], ["succeeded", 1]);
    again.kill("SIGTERM");
    assert.equal((await again.end()).code, 0);
    await assertReplays(`${folder}/data`);
  });
});
