/** Bytes that go to devices over MQTT: whose they are, how many at once, and that they go. */
import assert from "node:assert/strict";
import type { AskInput, OutboundChunk } from "../../../../core/engine/mod.ts";
import { Attributed } from "../../../../core/simulation/checks/attributed.ts";
import { Effects } from "../../../../core/simulation/checks/effects.ts";
import { FailClosed } from "../../../../core/simulation/checks/fail_closed.ts";
import { Fetched } from "../../../../core/simulation/checks/fetched.ts";
import { Refusals } from "../../../../core/simulation/checks/refusals.ts";
import { Unmixed } from "../../../../core/simulation/checks/unmixed.ts";
import { Window } from "../../../../core/simulation/checks/window.ts";
import { UnreadableImage } from "../../../../core/simulation/front/image_reads.ts";
import { chunkDigest, imageBytes, lookAt } from "../../../../core/simulation/image_bytes.ts";
import { IMAGE, moves, reasoned, SIZE, Stage, TASK } from "../stage.ts";
import { about, DAY_MS, offered, ok, OTHER, RIGHT, testEach } from "./bad_story.ts";

const HOUR_MS = 3_600_000;
const OTHER_IMAGE = "c3".repeat(32);
const PART = 1_024;
const LARGE = 131_072;

function ask(...parts: [number, number][]): AskInput {
  const parsed = { kind: "chunk/request", body: { parts } } as const;
  return { kind: "ask", device: "a", ask: "chunk/request", parsed };
}

const askForDigests: AskInput = {
  kind: "ask",
  device: "a",
  ask: "chunks/request",
  parsed: { kind: "chunks/request", body: { from: 0, count: 1 } },
};

/** The part from there on leaves. */
function give(stage: Stage, offset: number, odd: Partial<OutboundChunk> = {}): OutboundChunk {
  const bytes = imageBytes(IMAGE, offset, offset + PART);
  const chunk = { device: "a", task: TASK, offset, bytes, done: () => {}, ...odd };
  stage.judge.sentChunk?.(chunk, stage.life);
  return chunk;
}

/** The device has asked for its first part. */
function asked(stage: Stage): void {
  offered(stage);
  stage.now += 1_000;
  stage.input(ask([0, PART]), ok);
}

/** So many parts of that size are on their way. */
function giveMany(stage: Stage, count: number, bytes: number): void {
  offered(stage);
  const part = imageBytes(IMAGE, 0, bytes);
  for (let nth = 0; nth < count; nth++) give(stage, nth * bytes, { bytes: part });
}

function giveDigests(stage: Stage, digest: string): void {
  const payload = { task_id: TASK, chunk_bytes: PART, from: 0, chunks: [`sha256:${digest}`] };
  stage.send("a", "chunks", payload, false);
}

testEach([
  ["I21", "bytes of another image", Unmixed, (stage) => {
    asked(stage);
    give(stage, 0, { bytes: imageBytes(OTHER_IMAGE, 0, PART) });
  }],
  ["I21", "bytes of another place", Unmixed, (stage) => {
    asked(stage);
    give(stage, 0, { bytes: imageBytes(IMAGE, 256, 256 + PART) });
  }],
  ["I21", "bytes behind the end", Unmixed, (stage) => {
    offered(stage);
    stage.input(ask([SIZE - 256, PART]), ok);
    give(stage, SIZE - 256);
  }],
  ["I21", "bytes that nobody asked for", Unmixed, (stage) => {
    asked(stage);
    give(stage, PART);
  }],
  ["I21", "bytes that come twice", Unmixed, (stage) => {
    asked(stage);
    give(stage, 0);
    assert.deepEqual(stage.denied, []);
    give(stage, 0);
  }],
  ["I21", "bytes of a task that has ended", Unmixed, (stage) => {
    asked(stage);
    stage.device("a", "DigestReported", RIGHT, about);
    give(stage, 0);
  }],
  ["I21", "bytes of a task that another one went ahead of", Unmixed, (stage) => {
    asked(stage);
    stage.queue({ priority: "security" }, "a", OTHER, 1_000_002);
    stage.device("a", "UpdateRequested", {});
    give(stage, 0);
  }],
  ["I21", "what was asked for of the task before", Unmixed, (stage) => {
    asked(stage);
    stage.queue({ priority: "security" }, "a", OTHER, 1_000_002);
    stage.device("a", "UpdateRequested", {});
    give(stage, 0, { task: OTHER });
  }],
  ["I21", "bytes of another device's task", Unmixed, (stage) => {
    asked(stage);
    stage.begin({}, "b", OTHER, 1_000_002);
    stage.device("b", "UpdateRequested", {});
    give(stage, 0, { task: OTHER });
  }],
  ["I21", "bytes for an ask that was refused", Unmixed, (stage) => {
    offered(stage);
    const message = { kind: "rejected", payload: { code: "rate_limited", reason: "" } } as const;
    stage.input(ask([0, PART]), { ok: true, messages: [{ device: "a", message }] });
    give(stage, 0);
  }],
  ["I21", "digests of other chunks", Unmixed, (stage) => {
    offered(stage);
    stage.input(askForDigests, ok);
    giveDigests(stage, chunkDigest(IMAGE, PART, 1));
  }],
  ["I21", "digests that nobody asked for", Unmixed, (stage) => {
    asked(stage);
    giveDigests(stage, chunkDigest(IMAGE, PART, 0));
  }],
  ["I21", "a device that stores bytes of another image", Unmixed, (stage) => {
    offered(stage);
    const bytes = imageBytes(OTHER_IMAGE, 0, PART);
    stage.judge.stored?.({ device: "a", task: TASK, image: IMAGE, offset: 0, bytes });
  }],
  ["I17", "more on its way than a device has room for", Window, (stage) => {
    giveMany(stage, 2, LARGE);
    assert.deepEqual(stage.denied, []);
    give(stage, 2 * LARGE);
  }],
  ["I17", "more parts on their way than a device has room for", Window, (stage) => {
    giveMany(stage, 65, 256);
  }],
  ["L4", "bytes that were asked for and never leave", Window, (stage) => {
    asked(stage);
    stage.now += 200_000;
    stage.judge.minute?.();
  }],
  ["L4", "bytes that wait for what was lost", Window, (stage) => {
    asked(stage);
    stage.judge.chunkEnded?.(give(stage, 0), "lost", stage.life);
    stage.input(ask([PART, PART]), ok);
    stage.now += 200_000;
    stage.judge.minute?.();
  }],
  ["I20", "bytes after a fault", FailClosed, (stage) => {
    asked(stage);
    stage.judge.failed?.(stage.life, "append");
    give(stage, 0);
  }],
  ["I6", "a refusal of bytes that nobody asked for", Effects, (stage) => {
    offered(stage);
    stage.judge.chunkEnded?.(give(stage, 0), "arrived", stage.life);
    stage.send("a", "rejected", { code: "not_allowed" }, false);
  }],
  ["I7", "an ask that nobody said", Attributed, (stage) => {
    offered(stage);
    stage.input(ask([PART, PART]), ok, () => {
      stage.device("a", "ArtifactRequested", { from: 0 }, about);
    });
  }],
  ["I8", "a refused ask that is not counted", Refusals, (stage) => {
    offered(stage);
    const message = { kind: "rejected", payload: { code: "rate_limited", reason: "" } } as const;
    const refused = { ok: true, messages: [{ device: "a", message }] } as const;
    const refuse = (left_out: number) => {
      const data = { code: "rate_limited", report: "chunk/request", left_out };
      stage.input(ask([0, PART]), refused, () => {
        stage.device("a", "ReportRejected", data, about);
      });
    };
    refuse(0);
    stage.input(ask([0, PART]), refused);
    refuse(0);
  }],
  ["L2", "a download that stands still though all is well", Fetched, (stage) => {
    stage.judge.healed?.();
    stage.now += 2 * HOUR_MS;
    offered(stage);
    stage.device("a", "ArtifactRequested", { from: 0 }, about);
    const odd = reasoned([TASK, "downloading", "retrying", "no_progress"]);
    const data = { state: "downloading", due: 1 };
    stage.device("a", "DeadlinePassed", data, { ...about, actor: "engine" }, odd);
  }],
]);

const honest:
  readonly (readonly [string, typeof Unmixed | typeof Window, (stage: Stage) => void])[] = [
    ["bytes that are asked for once more and come once more", Unmixed, (stage) => {
      asked(stage);
      give(stage, 0);
      stage.input(ask([0, PART]), ok);
      give(stage, 0);
    }],
    ["the end of an image, which is shorter than what was asked for", Unmixed, (stage) => {
      offered(stage);
      stage.input(ask([SIZE - 256, PART]), ok);
      give(stage, SIZE - 256, { bytes: imageBytes(IMAGE, SIZE - 256, SIZE) });
    }],
    ["a file that holds other bytes: that is no fault of the engine", Unmixed, (stage) => {
      asked(stage);
      give(stage, 0, { bytes: imageBytes(IMAGE, 0, PART, false) });
    }],
    ["what one that was replaced sends before it notices", Unmixed, (stage) => {
      asked(stage);
      stage.judge.started?.({ number: 2, isAlive: true });
      stage.device("a", "DigestReported", RIGHT, about);
      give(stage, 0);
    }],
    ["one chunk, however large", Window, (stage) => giveMany(stage, 1, LARGE)],
    ["bytes that are asked for again while they are on their way", Window, (stage) => {
      asked(stage);
      const chunk = give(stage, 0);
      stage.input(ask([0, PART]), ok);
      stage.judge.chunkEnded?.(chunk, "passed", stage.life);
      stage.now += DAY_MS;
      stage.judge.minute?.();
    }],
    ["what was asked for beside what was lost", Window, (stage) => {
      asked(stage);
      stage.input(ask([PART, PART]), ok);
      stage.judge.chunkEnded?.(give(stage, 0), "lost", stage.life);
      stage.now += DAY_MS;
      stage.judge.minute?.();
    }],
    ["what was asked for of a task that is over", Window, (stage) => {
      asked(stage);
      stage.device("a", "DigestReported", RIGHT, about, moves([TASK, "offered", "succeeded"]));
      stage.now += DAY_MS;
      stage.judge.minute?.();
    }],
    ["bytes that wait until the device has room", Window, (stage) => {
      asked(stage);
      give(stage, PART);
      stage.now += DAY_MS;
      stage.judge.minute?.();
    }],
  ];

for (const [what, Judge, story] of honest) {
  Deno.test(`${Judge.name} has nothing against ${what}`, () => {
    const stage = new Stage((court) => new Judge(court));
    story(stage);
    assert.deepEqual(stage.denied, []);
  });
}

Deno.test("Effects has nothing against the word why bytes do not come, once", () => {
  const reasons: readonly (readonly [code: string, happen: (stage: Stage) => void])[] = [
    ["not_allowed", (stage) => {
      stage.judge.chunkEnded?.(give(stage, 0), "unheard", stage.life);
    }],
    ["out_of_range", (stage) => {
      stage.judge.chunkEnded?.(give(stage, 0), "too_large", stage.life);
    }],
    ["rate_limited", (stage) => {
      stage.judge.faulted?.(new UnreadableImage("It is gone."), stage.life);
    }],
  ];
  for (const [code, happen] of reasons) {
    const stage = new Stage((court) => new Effects(court));
    asked(stage);
    for (let nth = 0; nth < 2; nth++) happen(stage);
    stage.send("a", "rejected", { code }, false);
    assert.deepEqual(stage.denied, []);
    stage.send("a", "rejected", { code }, false);
    assert.equal(stage.denied.length, 1);
  }
});

Deno.test("lookAt() tells bytes of an image from all others, and from those of a broken file", () => {
  const places = [0, 1, 255, 256, 65_536, 131_072, 1_048_573, 3_999_000];
  for (const start of places) {
    for (const length of [16, 256, LARGE]) {
      const end = start + length;
      const bytes = imageBytes(IMAGE, start, end);
      assert.equal(bytes.length, length);
      assert.equal(lookAt(bytes, IMAGE, start), "right");
      assert.equal(lookAt(imageBytes(IMAGE, start, end, false), IMAGE, start), "wrong");
      for (const other of [start + 1, start + 256, start + LARGE]) {
        assert.equal(lookAt(bytes, IMAGE, other), undefined);
      }
      assert.equal(lookAt(bytes, OTHER_IMAGE, start), undefined);
    }
  }
});

Deno.test("imageBytes() gives at each place what it gives there in any part", () => {
  const whole = imageBytes(IMAGE, 1_000_000, 1_100_000);
  for (
    const [start, end] of [[1_000_000, 1_000_001], [1_048_500, 1_048_700], [1_099_000, 1_100_000]]
  ) {
    const part = imageBytes(IMAGE, start!, end!);
    assert.deepEqual(part, whole.subarray(start! - 1_000_000, end! - 1_000_000));
  }
});
