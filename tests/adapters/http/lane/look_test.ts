/** When a look at a connection finds that its peer keeps it waiting for too long. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { HTTP_LIMITS } from "../../../../adapters/http/mod.ts";
import { Pace } from "../../../../adapters/http/pace.ts";
import { imageAnswer } from "../../../../adapters/http/images/image_answer.ts";
import type { Admission, Admitted } from "../../../../adapters/http/lane/admission.ts";
import { LaneConnection } from "../../../../adapters/http/lane/connection.ts";
import { LANE_SIZES } from "../../../../adapters/http/lane/sending.ts";
import type { ImageFiles } from "../../../../firmware/mod.ts";
import { requestText } from "./on_lane.ts";

const sha256 = "5a".repeat(32);
const image = { sha256, size: 1_000, sha1: "00", md5: "00" };
const admitted = { image, answer: imageAnswer(image, { ifNoneMatch: "*" }) };
const request = requestText(`GET /artifacts/${sha256} HTTP/1.1`, ["Authorization: Bearer x"]);

interface Scene {
  /** A request comes. */
  ask(): void;
  /** A look so many milliseconds from now; whether the connection is still there. */
  look(ms: number): boolean;
}

/** A connection that takes at once what it is given; `further` says what it is given. */
function connected(further: () => Admitted | undefined = () => admitted): Scene {
  const socket = new Duplex({ read: () => {}, write: (_, __, done) => done() });
  let isThere = true;
  const connection = new LaneConnection(socket as Socket, {
    admission: { further, first: () => new Promise(() => {}) } as unknown as Admission,
    images: {} as ImageFiles,
    limits: HTTP_LIMITS,
    pace: new Pace(HTTP_LIMITS, LANE_SIZES),
    onFault: (error) => assert.fail(String(error)),
    offload: undefined,
    handOver: () => assert.fail("was handed over"),
    onGone: () => void (isThere = false),
  });
  const began = performance.now();
  return {
    ask: () => void socket.emit("data", Buffer.from(request)),
    look: (ms) => {
      connection.look(began + ms);
      return isThere;
    },
  };
}

Deno.test("LaneConnection.look() cuts who sends nothing, no sooner than after 10 s", () => {
  const { look } = connected();
  // It began a moment before the clock of the test.
  assert.deepEqual([look(9_900), look(10_001)], [true, false]);
});

Deno.test("LaneConnection.look() cuts who asks no more, no sooner than its answer said", () => {
  const { ask, look } = connected();
  ask();
  assert.deepEqual([0, 500, 29_000].map(look), [true, true, true]);
  ask();
  assert.deepEqual([30_400, 60_000, 61_500].map(look), [true, true, false]);
});

Deno.test("LaneConnection.look() cuts nobody who waits for us", () => {
  const { ask, look } = connected(() => undefined);
  ask();
  assert.ok(look(1e9));
  assert.ok(look(2e9));
});
