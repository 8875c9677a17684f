/** One connection on the lane: requests in a row, what is handed over, and how it ends. */
import assert from "node:assert/strict";
import { sha256 } from "../stage.ts";
import { until } from "../talk.ts";
import { onLane, requestText } from "./on_lane.ts";
import type { LaneStage } from "./on_lane.ts";
import type { Peer } from "./peer.ts";

/** The bytes [from, end) as an answer has them. */
function bytesOf({ image }: LaneStage, from: number, end: number): Buffer {
  return Buffer.from(image.subarray(from, end));
}

function request({ token }: LaneStage): string {
  const fields = [`Authorization: Bearer ${token}`, "Content-Length: 2"];
  return requestText("POST /ota/pump-7/request HTTP/1.1", fields, "{}");
}

async function served({ stage }: LaneStage): Promise<number> {
  const { text } = await stage.deps.metrics();
  return Number(/^otalog_artifact_bytes_total (\d+)$/m.exec(text)![1]);
}

Deno.test("a connection is answered request after request, and only the first is an input", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    for (let at = 0; at < 5_000; at += 1_000) {
      await peer.send(lane.get(`${at}-${at + 999}`));
      const { status, body } = await peer.answer();
      assert.deepEqual([status, body], [206, bytesOf(lane, at, at + 1_000)]);
    }
    assert.equal(lane.inputs, 1);
  });
});

Deno.test("requests that come in one packet are answered in their order, whoever answers them", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    const head = lane.get("7-9").replace("GET", "HEAD");
    const old = lane.get("4-5").replace("HTTP/1.1", "HTTP/1.0");
    const requests = [lane.get("0-2"), lane.get("3-3"), head, lane.get(), request(lane), old];
    await peer.send(requests.join(""));
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 0, 3));
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 3, 4));
    assert.equal((await peer.answer(true)).fields["content-range"], "bytes 7-9/300000");
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 0, 300_000));
    const { messages } = JSON.parse((await peer.answer()).body.toString());
    assert.equal(messages[0].payload.checksum, `sha256:${lane.hex}`);
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 4, 6));
  });
});

Deno.test("requests that come while an answer is under way wait for its end", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    await peer.send(lane.get("0-1"));
    await peer.answer();
    await peer.send(lane.get());
    await peer.take(1);
    for (const text of [lane.get("4-5"), request(lane), lane.get("6-7")]) {
      await peer.send(text);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    peer.resume();
    assert.equal(sha256((await peer.answer()).body), lane.hex);
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 4, 6));
    assert.equal((await peer.answer()).status, 200);
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 6, 8));
  }, { size: 20_000_000 });
});

Deno.test("a connection that asked for something else gets images all the same", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    await peer.send(request(lane));
    assert.equal((await peer.answer()).status, 200);
    await peer.send(lane.get("10-19"));
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 10, 20));
  });
});

Deno.test("a head is understood wherever it is torn, first or behind another", async () => {
  await onLane(async (lane) => {
    const text = lane.get("10-19");
    const tear = async (at: number) => {
      const peer = await lane.peer();
      for (const before of ["", lane.get("0-1")]) {
        await peer.send(before + text.slice(0, at));
        if (before) assert.deepEqual((await peer.answer()).body, bytesOf(lane, 0, 2), `${at}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        await peer.send(text.slice(at));
        assert.deepEqual((await peer.answer()).body, bytesOf(lane, 10, 20), `torn at ${at}`);
      }
    };
    for (let at = 1; at < text.length; at++) await tear(at);
  });
});

Deno.test("a body that follows in pieces reaches its route whole", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    await peer.send(lane.get("0-1") + request(lane).slice(0, -1));
    assert.equal((await peer.answer()).status, 206);
    await peer.send("}" + lane.get("5-6"));
    assert.equal((await peer.answer()).status, 200);
    assert.deepEqual((await peer.answer()).body, bytesOf(lane, 5, 7));
  });
});

Deno.test("a peer that sends no more is answered all it asked for, and closed", async () => {
  await onLane(async (lane) => {
    const wrong = lane.get("0-1").replace(lane.token, "wrong");
    const stories: [string, string[], RegExp][] = [
      ["one", [lane.get("0-1")], /^HTTP\/1\.1 206 /],
      ["whole", [lane.get()], /^HTTP\/1\.1 200 /],
      ["two", [lane.get("0-1"), lane.get("2-3")], /^HTTP\/1\.1 206 .*HTTP\/1\.1 206 /s],
      ["refused", [wrong], /^HTTP\/1\.1 401 /],
      ["one, and one refused", [lane.get("0-1"), wrong], /^HTTP\/1\.1 206 .*HTTP\/1\.1 401 /s],
      ["nothing", [], /^$/],
      ["half a head", [lane.get("0-1").slice(0, -2)], /^(HTTP\/1\.1 400 .*)?$/s],
    ];
    for (const [what, requests, expected] of stories) {
      const peer = await lane.peer(true);
      if (requests.length > 0) await peer.send(requests.join(""));
      peer.end();
      assert.match(await peer.rest(), expected, what);
      assert.equal(peer.wasReset, false, what);
    }
    await until("no connection", () => lane.listener.connections === 0);
  });
});

Deno.test("credentials are known again however they are written, but not at any length", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    const basic = `Basic ${btoa(`pump-7:${lane.token}`)}`;
    const stories: [login: string, inputs: number][] = [
      [`Bearer ${lane.token}`, 1],
      [basic, 1],
      // What is no digit of Base64 is left out by whoever reads it.
      [basic + "!".repeat(600), 3],
    ];
    for (const [login, inputs] of stories) {
      const before = lane.inputs;
      for (let n = 0; n < 3; n++) {
        await peer.send(lane.get("0-1").replace(`Bearer ${lane.token}`, login));
        assert.equal((await peer.answer()).status, 206);
      }
      assert.equal(lane.inputs - before, inputs, login);
    }
  });
});

Deno.test("a peer that asks on without reading is given no more than buffers hold, and loses nothing", async () => {
  await onLane(async (lane) => {
    const peer = await lane.peer();
    peer.pause();
    const [count, size] = [100, lane.image.length];
    await peer.send(lane.get().repeat(count));
    let given = -1;
    for (let now = 0; now !== given; now = await served(lane)) {
      given = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(given >= size && given < count * size / 2, `${given} bytes were given out`);
    peer.resume();
    for (let n = 0; n < count; n++) {
      assert.equal(sha256((await peer.answer()).body), lane.hex, `${n}`);
    }
    assert.equal(lane.inputs, 1);
  }, { size: 400_000 });
});

Deno.test("a peer that is gone in the middle ends its download, as cut, and frees its image", async () => {
  await onLane(async (lane) => {
    const { stage } = lane;
    const peer = await lane.peer();
    await peer.send(lane.get());
    await peer.take(1);
    assert.equal(stage.downloads.size, 1);
    peer.reset();
    await until("the end of the download", () => stage.downloads.size === 0);
    const { body } = await stage.json("GET", `/tasks/${lane.task}/transfer`);
    assert.deepEqual([body.attempts[0].cuts, body.attempts[0].requests], [1, 1]);
    assert.ok(body.attempts[0].bytes > 0 && body.attempts[0].bytes < lane.image.length);
    assert.deepEqual(lane.faults, []);
  }, { size: 20_000_000 });
});

Deno.test("a revocation cuts what is under way, and between two requests it is an answer", async () => {
  await onLane(async (lane) => {
    const { stage } = lane;
    const [idle, taking] = [await lane.peer(), await lane.peer()];
    await idle.send(lane.get("0-1"));
    assert.equal((await idle.answer()).status, 206);
    await taking.send(lane.get());
    await taking.take(1);
    assert.equal((await stage.json("DELETE", "/devices/pump-7")).status, 204);
    assert.equal(stage.downloads.size, 0);
    await taking.rest();
    assert.ok(taking.wasReset && taking.bytes < lane.image.length, `${taking.bytes} bytes`);
    await idle.send(lane.get("2-3"));
    assert.equal((await idle.answer()).status, 401);
  }, { size: 20_000_000 });
});

Deno.test("a token that was replaced without an overlap ends what came with it", async () => {
  await onLane(async (lane) => {
    const { stage } = lane;
    const [idle, taking] = [await lane.peer(), await lane.peer()];
    await idle.send(lane.get("0-1"));
    await idle.answer();
    await taking.send(lane.get());
    await taking.take(1);
    const fresh = await stage.json("POST", "/devices/pump-7/token", { overlap: 0 });
    assert.equal(fresh.status, 201);
    await until("the end of the download", () => stage.downloads.size === 0);
    await taking.rest();
    assert.ok(taking.bytes < lane.image.length);
    await idle.send(lane.get("2-3"));
    assert.equal((await idle.answer()).status, 401);
    await idle.send(lane.get("2-3").replace(lane.token, fresh.body.token));
    assert.deepEqual((await idle.answer()).body, bytesOf(lane, 2, 4));
  }, { size: 20_000_000 });
});

Deno.test("a device has 16 downloads at once: a further one cuts the oldest, one that is refused none", async () => {
  await onLane(async (lane) => {
    const { stage } = lane;
    const old = await lane.peer();
    await old.send(lane.get("0-1"));
    await old.answer();
    const { body } = await stage.json("POST", "/devices/pump-7/token", { overlap: 0 });
    const peers: Peer[] = [];
    const begin = async () => {
      const peer = await lane.peer();
      peers.push(peer);
      await peer.send(lane.get().replace(lane.token, body.token));
      await peer.take(1);
    };
    for (let n = 0; n < 16; n++) await begin();
    await old.send(lane.get("2-3"));
    assert.equal((await old.answer()).status, 401);
    assert.equal(lane.listener.connections, 17);
    await begin();
    await peers[0]!.rest();
    assert.ok(peers[0]!.wasReset && peers[0]!.bytes < lane.image.length);
    assert.deepEqual(peers.map((peer) => peer.isClosed).indexOf(false), 1);
  }, { size: 20_000_000 });
});

Deno.test("close() cuts answers under way, requests in doubt and idle peers, and nothing is left", async () => {
  await onLane(async (lane) => {
    const { stage } = lane;
    const [idle, taking, fresh, asking] = [
      await lane.peer(),
      await lane.peer(),
      await lane.peer(),
      await lane.peer(),
    ];
    await idle.send(lane.get("0-1"));
    await idle.answer();
    await taking.send(lane.get());
    await taking.take(1);
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    stage.onSubmit = () => resolve();
    // Another way to write the same credentials is a login of its own, which is asked for.
    await asking.send(lane.get("0-1").replace("Bearer", "bearer"));
    await asked;
    await lane.listener.close();
    for (const peer of [idle, taking, fresh, asking]) await peer.rest();
    assert.ok(taking.bytes < lane.image.length);
    assert.deepEqual([stage.downloads.size, lane.listener.connections], [0, 0]);
  }, { size: 20_000_000 });
});

Deno.test("an image that cannot be read is told, and cuts its answer alone", async () => {
  await onLane(async (lane) => {
    const [peer, other] = [await lane.peer(), await lane.peer()];
    await Deno.truncate(`${lane.stage.folder}/images/${lane.hex}`, 1_000);
    await peer.send(lane.get("500-2000"));
    assert.match(await peer.rest(), /^HTTP\/1\.1 206 /);
    assert.match(String(lane.faults), /The file ends at 1000, before 2001/);
    assert.equal(lane.stage.downloads.size, 0);
    const { body } = await lane.stage.json("GET", `/tasks/${lane.task}/transfer`);
    assert.deepEqual([body.attempts[0].bytes, body.attempts[0].cuts], [500, 1]);
    await other.send(lane.get("500-599"));
    assert.deepEqual((await other.answer()).body, bytesOf(lane, 500, 600));
  });
});

Deno.test("a fresh connection begins with small pieces, however quick another one was", async () => {
  await onLane(async (lane) => {
    const { deps } = lane.stage;
    const { images } = deps;
    let sizes: number[] = [];
    const bytes: typeof images.bytes = (...which) => {
      const source = images.bytes(...which);
      const next = (max: number) => {
        sizes.push(max);
        return source.next(max);
      };
      return { next, close: () => source.close() };
    };
    Object.defineProperty(deps, "images", { value: { bytes } });
    for (let n = 0; n < 2; n++) {
      sizes = [];
      const peer = await lane.peer();
      await peer.send(lane.get());
      assert.equal(sha256((await peer.answer()).body), lane.hex);
      assert.ok(sizes[0] === 65_536 && sizes[1]! <= 65_536, `pieces of ${sizes}`);
    }
  }, { size: 8_000_000 });
});
