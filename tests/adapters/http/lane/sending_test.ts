import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Writable } from "node:stream";
import { HTTP_LIMITS } from "../../../../adapters/http/mod.ts";
import { imageAnswer } from "../../../../adapters/http/images/image_answer.ts";
import { DeviceDownload } from "../../../../adapters/http/images/device_download.ts";
import { Downloads } from "../../../../adapters/http/images/downloads.ts";
import type { LaneHead } from "../../../../adapters/http/lane/head.ts";
import { Pace } from "../../../../adapters/http/pace.ts";
import { LANE_SIZES, Sending } from "../../../../adapters/http/lane/sending.ts";
import type { ImageBytes, ImageFiles } from "../../../../firmware/mod.ts";
import { yesEngine } from "../../../bench/yes_engine.ts";
import { imageOf } from "./on_lane.ts";

const bytes = imageOf(1_000_000);
const image = { sha256: "5a".repeat(32), size: bytes.length, sha1: "00", md5: "00" };

/** A connection that takes a piece when it is told to. */
class Sink extends Writable {
  readonly pieces: Uint8Array[] = [];
  take = () => {};

  constructor() {
    super({
      highWaterMark: 1,
      write: (piece, _, done) => {
        this.pieces.push(piece);
        this.take = done;
      },
      writev: (pieces, done) => {
        this.pieces.push(...pieces.map(({ chunk }) => chunk));
        this.take = done;
      },
    });
  }
}

interface Scene {
  readonly sending: Sending;
  readonly sink: Sink;
  readonly download: DeviceDownload;
  readonly ends: string[];
  readonly faults: unknown[];
  readonly source: { isClosed: boolean };
}

function scene(
  { isHead = false, range, next, before = 0 }: {
    isHead?: boolean;
    range?: string;
    next?: ImageBytes["next"];
    /** Bytes of the answers before it on the same connection. */
    before?: number;
  } = {},
): Scene {
  const ends: string[] = [];
  const faults: unknown[] = [];
  const source = { isClosed: false };
  const images = {
    bytes: (_: unknown, start: number, end: number): ImageBytes => ({
      next: next ?? ((max) => start < end ? bytes.subarray(start, start += max) : undefined),
      close: () => void (source.isClosed = true),
    }),
  } as ImageFiles;
  const limits = { ...HTTP_LIMITS, stalledMs: 1_000, slowestBytesPerS: 1e6 };
  const engine = yesEngine();
  const deps = {
    engine,
    downloads: new Downloads(),
    limits,
    onServed: () => {},
  };
  const answer = imageAnswer(image, { range });
  const taker = { device: "pump-7", heardAt: 0 };
  const download = DeviceDownload.begin(deps, taker, image, answer, 1);
  assert.ok(typeof download !== "number");
  const sink = new Sink();
  const admitted = { image, answer, download };
  const onFault = (error: unknown) => void faults.push(error);
  const pace = new Pace(limits, LANE_SIZES);
  pace.given(before);
  const sendingDeps = {
    images,
    limits,
    pace,
    onFault,
    offload: undefined,
  };
  const asked = { isHead, range } as LaneHead;
  const sending = new Sending(sink as unknown as Socket, admitted, asked, sendingDeps, {
    sent: () => void ends.push("sent"),
    failed: () => void ends.push("failed"),
  });
  return { sending, sink, download, ends, faults, source };
}

/** What was begun has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Sending gives each piece when the one before was taken, and ends with the last", async () => {
  const { sending, sink, download, ends, source } = scene();
  sending.begin();
  let taken = 0;
  while (ends.length === 0) {
    const given = Buffer.concat(sink.pieces).length;
    await settled();
    assert.equal(Buffer.concat(sink.pieces).length, given, "more was given before it was taken");
    assert.ok(download.range.sent > taken && download.range.state === "open" && !source.isClosed);
    taken = download.range.sent;
    sink.take();
    await settled();
  }
  const [head, ...pieces] = sink.pieces;
  assert.match(head!.toString(), /^HTTP\/1\.1 200 OK\r\n/);
  assert.deepEqual(Buffer.concat(pieces), Buffer.from(bytes));
  assert.ok(pieces.every(({ length }) => length <= 262_144) && pieces[0]!.length === 65_536);
  assert.deepEqual([ends, download.range.state, source.isClosed], [["sent"], "complete", true]);
});

Deno.test("Sending of a head alone is over when it was taken: else answers would heap up", async () => {
  const { sending, sink, ends } = scene({ isHead: true });
  sending.begin();
  await settled();
  assert.deepEqual([sink.pieces.length, ends], [1, []]);
  sink.take();
  await settled();
  assert.deepEqual(ends, ["sent"]);
});

Deno.test("Sending is late when nothing is taken for as long as the slowest peer needs", async () => {
  const { sending, sink } = scene();
  const now = performance.now();
  sending.begin();
  // 64 KiB take such a peer 65 ms more.
  assert.ok(sending.lateAt >= now + 1_065 && sending.lateAt < now + 1_500);
  const before = sending.lateAt;
  await settled();
  sink.take();
  await settled();
  assert.ok(sending.lateAt > before);
});

Deno.test("Sending waits for no byte of the answers before it", () => {
  const { sending } = scene({ isHead: true, before: 300_000 });
  sending.begin();
  assert.ok(sending.lateAt <= performance.now() + 1_000);
});

Deno.test("Sending is never late while it reads", () => {
  const { sending } = scene({ next: () => new Promise(() => {}) });
  sending.begin();
  assert.equal(sending.lateAt, Infinity);
});

Deno.test("Sending fails, and tells why, when an image cannot be read or is too short", async () => {
  const wrongs: [ImageBytes["next"], RegExp][] = [
    [() => Promise.reject(new Error("The file ends at 3")), /The file ends at 3/],
    [() => undefined, /shorter than/],
    [() => Promise.resolve(undefined), /shorter than/],
  ];
  for (const [next, why] of wrongs) {
    const { sending, ends, faults, sink } = scene({ next });
    sending.begin();
    await settled();
    assert.match(String(faults), why);
    assert.deepEqual([ends, sink.pieces.length], [["failed"], 0]);
  }
});

Deno.test("Sending tells nothing of what fails after its end", async () => {
  const { promise, reject } = Promise.withResolvers<undefined>();
  const { sending, ends, faults } = scene({ next: () => promise });
  sending.begin();
  sending.end("cut");
  reject(new Error("The file was closed"));
  await settled();
  assert.deepEqual([ends, faults], [[], []]);
});

Deno.test("Sending gives not one byte to a device that was refused since it was admitted", () => {
  const { sending, download, ends, sink } = scene();
  download.refuse(new Error("revoked") as Parameters<typeof download.refuse>[0]);
  sending.begin();
  assert.deepEqual([ends, sink.pieces], [["failed"], []]);
});

Deno.test("Sending fails at once when its device is refused, and its download was cut", async () => {
  const { sending, download, ends, source } = scene();
  sending.begin();
  download.refuse(new Error("revoked") as Parameters<typeof download.refuse>[0]);
  assert.deepEqual(ends, ["failed"]);
  sending.end("cut");
  await settled();
  assert.deepEqual([download.range.state, source.isClosed], ["cut", true]);
});
