/** The download over HTTP against a server that fails as it is told to. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Advice } from "../../../adapters/device/advice.ts";
import { Choice } from "../../../adapters/device/choice.ts";
import { fetchMissing } from "../../../adapters/device/fetch_missing.ts";
import { Faults } from "../../../adapters/device/faults.ts";
import { Interruption } from "../../../adapters/device/interruption.ts";
import { TokenRefused } from "../../../adapters/device/http.ts";
import { Mail } from "../../../adapters/device/mail.ts";
import { DeviceMemory } from "../../../adapters/device/memory.ts";
import type { DeviceFaults } from "../../../adapters/device/mod.ts";
import type { DeviceLink } from "../../../adapters/device/link.ts";
import type { Parts } from "../../../adapters/device/parts.ts";
import { newTally } from "../../../adapters/device/tally.ts";
import type { Tally } from "../../../adapters/device/tally.ts";
import type { Metadata } from "../../../core/mod.ts";

const IMAGE = new Uint8Array(randomBytes(1_000));
const CHECKSUM = `sha256:${createHash("sha256").update(IMAGE).digest("hex")}`;

interface Scene {
  readonly memory: DeviceMemory;
  /** The ranges that were asked for. */
  readonly ranges: string[];
  readonly tally: Tally;
  /** What the device said. */
  readonly said: unknown[];
  readonly advice: Advice;
  /** Downloads what is missing, in chunks of so many bytes. */
  fetch(chunkBytes: number, faults?: DeviceFaults): Promise<void>;
}

type Answer = (body: Uint8Array<ArrayBuffer>) => Response;

/** `answers` are given first, one for each request; then everything goes well. */
async function scene(answers: Answer[], story: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const ranges: string[] = [];
  const said: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const range = request.headers.get("range")!;
    ranges.push(range);
    const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(range)!;
    const body = IMAGE.slice(Number(from), Number(last) + 1);
    return answers.shift()?.(body) ?? new Response(body, { status: 206 });
  });
  const memory = await DeviceMemory.open(folder, "pump-7", null);
  await memory.begin("OTA_20230801_001", CHECKSUM, IMAGE.length);
  const url = `http://127.0.0.1:${server.addr.port}/image`;
  const [tally, advice] = [newTally(), new Advice()];
  const fetch = (chunk_bytes: number, faults: DeviceFaults = {}) => {
    const parts: Parts = {
      ...{ memory, tally, advice, mode: "http", mail: new Mail(), choice: new Choice("http") },
      // Over HTTP nothing of the image goes by the link.
      link: {} as DeviceLink,
      options: { id: "pump-7", token: "t", mqttUrl: "", folder },
      faults: new Faults(faults),
      say: (kind: string, payload: object) => Promise.resolve(void said.push({ kind, ...payload })),
      emit: () => {},
    };
    const metadata = { task_id: "OTA_20230801_001", attempt: 1, url, chunk_bytes };
    const whole = { ...metadata, size: IMAGE.length } as Metadata;
    return fetchMissing(parts, whole, new AbortController().signal);
  };
  try {
    await story({ memory, ranges, tally, said, advice, fetch });
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("fetchMissing() asks for each chunk once", async () => {
  await scene([], async ({ memory, ranges, tally, fetch }) => {
    await fetch(400);
    assert.deepEqual(ranges, ["bytes=0-399", "bytes=400-799", "bytes=800-999"]);
    assert.deepEqual(tally.chunks, [0, 1, 2]);
    assert.equal(await memory.checksum(), CHECKSUM);
    assert.equal(memory.received, 1_000);
  });
});

Deno.test("fetchMissing() is cut at the byte, also after a restart goes on at it with other chunks", async () => {
  await scene([], async ({ memory, ranges, tally, fetch }) => {
    await assert.rejects(fetch(400, { cutAt: 450 }), Interruption);
    assert.equal(memory.received, 450);
    await fetch(256);
    assert.deepEqual(ranges, [
      "bytes=0-399",
      "bytes=400-799",
      "bytes=450-511",
      "bytes=512-767",
      "bytes=768-999",
    ]);
    assert.deepEqual(tally.chunks, [0, 1, 2, 3]);
    assert.equal(await memory.checksum(), CHECKSUM);
  });
});

Deno.test("fetchMissing() is cut before the first byte and after the last one, too", async () => {
  for (const cutAt of [0, 1_000]) {
    await scene([], async ({ memory, fetch }) => {
      await assert.rejects(fetch(400, { cutAt }), Interruption);
      assert.equal(memory.received, cutAt);
    });
  }
});

Deno.test("fetchMissing() goes on at the byte where a server ended the body", async () => {
  const half: Answer = (body) => new Response(body.subarray(0, 100), { status: 206 });
  await scene([half], async ({ memory, ranges, fetch }) => {
    await fetch(500);
    assert.deepEqual(ranges, ["bytes=0-499", "bytes=100-499", "bytes=500-999"]);
    assert.equal(await memory.checksum(), CHECKSUM);
  });
});

Deno.test("fetchMissing() tries a failing server again, a refused token not", async () => {
  const failing: Answer = () => new Response(null, { status: 503 });
  await scene([failing], async ({ ranges, fetch }) => {
    await fetch(1_000);
    assert.deepEqual(ranges, ["bytes=0-999", "bytes=0-999"]);
  });
  const refusing: Answer = () => new Response(null, { status: 401 });
  await scene([refusing], async ({ ranges, fetch }) => {
    await assert.rejects(fetch(1_000), TokenRefused);
    assert.equal(ranges.length, 1);
  });
});

Deno.test("fetchMissing() fetches what was found bad, and nothing else", async () => {
  await scene([], async ({ memory, ranges, fetch }) => {
    await fetch(400, { corruptChunk: 1 });
    assert.notEqual(await memory.checksum(), CHECKSUM);
    memory.kept.task!.missing = [[400, 800]];
    assert.equal(memory.received, 400);
    await fetch(400);
    assert.deepEqual(ranges.slice(3), ["bytes=400-799"]);
    assert.equal(await memory.checksum(), CHECKSUM);
  });
});

Deno.test("a device's memory knows after a restart what is missing", async () => {
  await scene([], async ({ memory, fetch }) => {
    await assert.rejects(fetch(400, { cutAt: 450 }), Interruption);
    const folder = memory.image.slice(0, memory.image.lastIndexOf("/"));
    const again = await DeviceMemory.open(folder, "pump-7", null);
    await again.begin("OTA_20230801_001", CHECKSUM, IMAGE.length);
    assert.equal(again.received, 450);
    await again.begin("OTA_20230801_002", CHECKSUM, IMAGE.length);
    assert.equal(again.received, 0);
  });
});

Deno.test("fetchMissing() asks for as much as is recommended, chunks being what they are", async () => {
  await scene([], async ({ advice, ranges, tally, fetch }) => {
    advice.heard({ transport: "http", chunk_bytes: 256 });
    await fetch(512);
    assert.deepEqual(ranges, ["bytes=0-255", "bytes=256-511", "bytes=512-767", "bytes=768-999"]);
    assert.deepEqual(tally.chunks, [0, 1]);
  });
});

Deno.test("fetchMissing() says how far it is in the rhythm it is told, and nothing twice", async () => {
  const slow: Answer = (body) => {
    let at = 0;
    const pieces = new ReadableStream<Uint8Array>({
      async pull(controller) {
        // The second half comes late, and at once: meanwhile there is nothing new to say.
        await new Promise((resolve) => setTimeout(resolve, at === 500 ? 2_300 : 50));
        controller.enqueue(body.subarray(at, at += at < 500 ? 100 : 500));
        if (at >= body.length) controller.close();
      },
    });
    return new Response(pieces, { status: 206 });
  };
  await scene([slow], async ({ advice, said, fetch }) => {
    advice.heard({ transport: "http", heartbeat_seconds: 1 });
    await fetch(1_000);
    const of = { kind: "progress", task_id: "OTA_20230801_001", attempt: 1 };
    assert.deepEqual(said, [{ ...of, received: 500 }, { ...of, received: 1_000 }]);
  });
});
