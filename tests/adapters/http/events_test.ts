/** The log as a list and as a stream: nothing lost, nothing doubled, nothing kept for who is slow. */
import assert from "node:assert/strict";
import { Feed, listen } from "../../../adapters/http/mod.ts";
import type { Reads } from "../../../core/engine/mod.ts";
import { inHouse, soon } from "../../e2e/house.ts";
import { EventSource } from "./event_source.ts";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";
import { SlowPeer, until } from "./talk.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";

const EVENTS = "/events?follow=true";

async function register(stage: HttpStage, ...devices: string[]): Promise<void> {
  await Promise.all(devices.map(async (device_id) => {
    const answer = await stage.request("POST", "/devices", { body: { device_id } });
    await answer.body?.cancel();
    assert.equal(answer.status, 201);
  }));
}

const names = (count: number, prefix = "pump"): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

async function follow(
  stage: HttpStage,
  path = EVENTS,
  headers: Record<string, string> = {},
): Promise<EventSource> {
  return new EventSource(await stage.request("GET", path, { headers }));
}

Deno.test("GET /events gives rows by pages, as before, without follow", async () => {
  await onStage(async (stage) => {
    await register(stage, "pump-7");
    const { items, next, last_seq } = (await stage.json("GET", "/events?limit=2")).body;
    assert.equal(last_seq, 4);
    assert.deepEqual(items.map((row: { seq: number }) => row.seq), [1, 2]);
    assert.equal(next, "2");
    const rest = (await stage.json("GET", "/events?after=2&follow=false")).body;
    assert.deepEqual(rest.items.map((row: { type: string }) => row.type), [
      "DeviceRegistered",
      "TokenIssued",
    ]);
    assert.equal(rest.next, undefined);
  });
});

Deno.test("GET /events?follow=true gives the rows of the list, then each as it becomes durable", async () => {
  await onStage(async (stage) => {
    await register(stage, "pump-7");
    const { items } = (await stage.json("GET", "/events")).body;
    await using source = await follow(stage);
    const events = await source.take(items.length);
    assert.deepEqual(events.map(({ data }) => data), items);
    assert.deepEqual(events.map(({ id }) => id), items.map((row: { seq: number }) => row.seq));
    const next = source.next();
    await register(stage, "pump-8");
    assert.deepEqual((await next)?.data.data, { device_id: "pump-8" });
  });
});

Deno.test("an event stream is not stored on its way, nor collected, and is for operators", async () => {
  await onStage(async (stage) => {
    for (const method of ["GET", "HEAD"]) {
      const { status, headers, body } = await stage.request(method, EVENTS);
      await body?.cancel();
      assert.equal(status, 200);
      assert.equal(headers.get("content-type"), "text/event-stream");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(headers.get("x-accel-buffering"), "no");
      assert.equal(stage.feed.size, 0, method);
    }
    const token = (await stage.json("POST", "/devices", { device_id: "pump-7" })).body.token;
    assert.equal((await stage.request("GET", EVENTS, { token: null })).status, 401);
    assert.equal((await stage.request("GET", EVENTS, { token })).status, 403);
  });
});

Deno.test("Last-Event-ID wins over after, and must be the id of an event", async () => {
  await onStage(async (stage) => {
    await register(stage, "pump-7");
    await using after = await follow(stage, `${EVENTS}&after=2`);
    assert.equal((await after.next())?.id, 3);
    await using resumed = await follow(stage, `${EVENTS}&after=3`, { "last-event-id": "1" });
    assert.equal((await resumed.next())?.id, 2);
    for (const id of ["x", "-1", "1.5", ""]) {
      const answer = await stage.request("GET", EVENTS, { headers: { "last-event-id": id } });
      assert.equal(answer.status, 422, id);
      const [error] = (await answer.json()).errors;
      assert.deepEqual(error, { path: "last-event-id", message: "must be the id of an event" });
    }
    assert.equal((await stage.request("GET", "/events?follow=yes")).status, 422);
  });
});

Deno.test("followers that come and go while the log grows miss no row and get none twice", async () => {
  await onStage(async (stage) => {
    const begun: Promise<number[]>[] = [];
    const ids = async (source: EventSource) => {
      const events = await source.take(Infinity);
      return events.map(({ id }) => id);
    };
    for (let turn = 0; turn < 20; turn++) {
      const registered = register(stage, ...names(20, `pump-${turn}`));
      begun.push(ids(await follow(stage, `${EVENTS}&after=${turn * 7}`)));
      await registered;
    }
    await stage.engine.stop();
    await stage.feed.close();
    const { length } = await stage.reads.rows(undefined, 0, 10_000);
    assert.equal(length, 2 + 20 * 20 * 2 + 1);
    for (const [turn, all] of (await Promise.all(begun)).entries()) {
      const first = turn * 7;
      assert.deepEqual(all, Array.from({ length: length - first }, (_, n) => first + n + 1));
    }
    assert.equal(stage.feed.size, 0);
  });
});

/** The reads, with something that happens between the moment they are made and their answer. */
function withRows(reads: Reads, between: () => Promise<void>): Pick<Reads, "rows"> {
  return {
    rows: async (...query) => {
      const rows = await reads.rows(...query);
      await between();
      return rows;
    },
  };
}

Deno.test("Feed: a row that is committed while a follower looks is not slept through", async () => {
  await onStage(async (stage) => {
    let isFirst = true;
    const reads = withRows(stage.reads, async () => {
      if (!isFirst) return;
      isFirst = false;
      await register(stage, "pump-7");
    });
    const feed = new Feed(stage.engine, reads);
    const { source, end } = feed.follow(2, 60_000)!;
    await using events = new EventSource(
      new Response(source as ReadableStream<Uint8Array<ArrayBuffer>>),
    );
    assert.deepEqual((await events.next())?.data.data, { device_id: "pump-7" });
    end();
    await feed.close();
  });
});

Deno.test("Feed: nothing is read for who does not read, and those abreast share one look", async () => {
  await onStage(async (stage) => {
    let looks = 0;
    const reads = withRows(stage.reads, () => Promise.resolve(void looks++));
    const feed = new Feed(stage.engine, reads);
    const all = Array.from({ length: 10 }, () => feed.follow(0, 60_000)!);
    const readers = all.map(({ source }) => source.getReader());
    await register(stage, ...names(100));
    assert.equal(looks, 0);
    const first = await Promise.all(readers.map((reader) => reader.read()));
    assert.equal(looks, 1);
    const text = new TextDecoder().decode(first[0]!.value);
    assert.equal(text.match(/^id: /gm)?.length, 50);
    await register(stage, "tank-7");
    await readers[0]!.read();
    assert.equal(looks, 2);
    await Promise.all(readers.map((reader) => reader.cancel()));
    for (const { end } of all) end();
    await feed.close();
  });
});

Deno.test("a follower that hears nothing is told that we are here", async () => {
  await onStage(async (stage) => {
    await using source = await follow(stage, `${EVENTS}&after=2`);
    assert.equal(await source.comment(), ": alive");
    assert.equal(await source.comment(), ": alive");
    await register(stage, "pump-7");
    assert.equal((await source.next())?.id, 3);
  }, { aliveEveryMs: 20 });
});

Deno.test("a follower beyond the bound is told to come back, and has its place when one ends", async () => {
  await onStage(async (stage) => {
    const sources = await Promise.all(names(64).map(() => follow(stage)));
    const refused = await stage.request("GET", EVENTS);
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    assert.match((await refused.json()).detail, /^64 programs follow the log\. End one, or /);
    await sources[0]![Symbol.asyncDispose]();
    await until("a free place", () => stage.feed.size === 63);
    await using again = await follow(stage);
    assert.equal((await again.next())?.id, 1);
    for (const source of sources) await source[Symbol.asyncDispose]();
  });
});

Deno.test("a follower that stops reading loses its connection, however much the log grows", async () => {
  await onStage(async (stage) => {
    const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
    const head = [`GET ${EVENTS} HTTP/1.1`, "Host: x", "Authorization: Bearer the-operators-token"];
    try {
      await using _peer = await SlowPeer.ask(listener.port, head);
      assert.equal(stage.feed.size, 1);
      const begun = performance.now();
      let turn = 0;
      const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padStart(64, "x"));
      while (stage.feed.size > 0) {
        assert.ok(performance.now() - begun < 20_000, "never cut");
        const devices = names(100, `pump-${turn++}`);
        await Promise.all(devices.map(async (device_id) => {
          const answer = await stage.request("POST", "/devices", { body: { device_id, tags } });
          await answer.body?.cancel();
        }));
      }
      assert.deepEqual(stage.faults, []);
    } finally {
      await listener.close();
    }
  }, { stalledMs: 200, slowestBytesPerS: 1e9 });
});

Deno.test("a follower that goes away leaves nothing behind", async () => {
  await onStage(async (stage) => {
    const listener = await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0);
    const head = [`GET ${EVENTS} HTTP/1.1`, "Host: x", "Authorization: Bearer the-operators-token"];
    try {
      {
        await using _peer = await SlowPeer.ask(listener.port, head);
        assert.equal(stage.feed.size, 1);
      }
      await until("the end of the follower", () => stage.feed.size === 0);
    } finally {
      await listener.close();
    }
  });
});

Deno.test("a house closes within seconds, though somebody follows its log and does not read", async () => {
  await inHouse(async ({ house }) => {
    // More than the buffers of a connection take.
    const tags = Array.from({ length: 32 }, (_, n) => `${n}`.padStart(64, "x"));
    await Promise.all(
      names(4_000).map((device) => {
        const tokenSha256 = sha256(new TextEncoder().encode(device));
        const command = {
          type: "registerDevice",
          device,
          tags,
          tokenSha256,
          tokenSha512: ANY_SHA512,
        } as const;
        return house.engine.submit({ kind: "command", actor: "operator:test", command });
      }),
    );
    const token = `Authorization: Bearer ${house.operator.token}`;
    const head = [`GET ${EVENTS} HTTP/1.1`, "Host: x", token];
    await using _stalled = await SlowPeer.ask(Number(new URL(house.httpUrl).port), head);
    const response = await fetch(`${house.httpUrl}${EVENTS}`, {
      headers: { authorization: `Bearer ${house.operator.token}` },
    });
    await using reader = new EventSource(response);
    const types = reader.take(Infinity).then((events) => events.map(({ data }) => data.type));
    const asked = performance.now();
    await soon(house.close(), "the end of the house");
    assert.ok(performance.now() - asked > 900, "nobody was stalled");
    assert.equal((await types).at(-1), "EngineStopped");
  });
});
