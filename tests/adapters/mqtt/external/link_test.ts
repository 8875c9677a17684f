/** The link against a broker of bytes: what goes over the wire, and what the operator is told. */
import assert from "node:assert/strict";
import { packetKey } from "../../../../adapters/mqtt/packet_key.ts";
import { parseReport } from "../../../../core/mod.ts";
import { soon } from "../../../e2e/house.ts";
import { packet, PREFIX } from "../embedded/stage.ts";
import { CONNECT, DISCONNECT, PUBLISH, SUBSCRIBE } from "./raw_broker.ts";
import type { Manners } from "./raw_broker.ts";
import { message, onLink, percents, progress } from "./stage.ts";

const ok = { ok: true, messages: [] } as const;

Deno.test("BrokerLink logs in twice: a voice without a session, an ear whose session is kept", async () => {
  for (const version of [5, 4] as const) {
    await onLink(
      async ({ engine, link, lines, told, notes }) => {
        const [voice, ear] = await lines();
        await told(1);
        assert.deepEqual([voice.version, ear.version], [version, version]);
        assert.deepEqual([voice.clientId, voice.isClean], ["otalog01234567out", true]);
        assert.deepEqual([ear.clientId, ear.isClean], ["otalog01234567in", false]);
        const { body } = await ear.next(CONNECT);
        assert.equal(body[8]! << 8 | body[9]!, 300, "seconds of keepalive");
        if (version === 5) {
          // 1,024 messages unacknowledged (33), a session of a day (17).
          assert.deepEqual([...body.slice(10, 19)], [8, 33, 4, 0, 17, 0, 1, 81, 128]);
        }
        const asked = await ear.next(SUBSCRIBE);
        assert.deepEqual(
          ear.filters(asked.body).sort(),
          [
            "chunk/request",
            "chunks/request",
            "gone",
            "progress",
            "request",
            "status",
            "verify",
          ].map((level) => `${PREFIX}/+/${level}`),
        );
        assert.equal(asked.body.at(-1)! & 3, 1, "QoS 1");
        assert.deepEqual([engine.events, notes, link.isUp, link.connections], [
          ["reachable true"],
          ["up false"],
          true,
          2,
        ]);
      },
      {},
      { versions: [version] },
    );
  }
});

Deno.test("BrokerLink keeps to a version that the broker has spoken, though a connection is closed", async () => {
  await onLink(
    async ({ broker, lines, told }) => {
      const [voice] = await lines();
      await told(1);
      broker.manners = {
        [CONNECT]: ({ socket }) => {
          broker.manners = {};
          socket.destroy();
          return undefined;
        },
      };
      voice.socket.destroy();
      const versions = [];
      for (const number of [2, 3, 4]) {
        const line = await broker.line(number);
        await line.next(CONNECT);
        versions.push(line.version);
      }
      assert.deepEqual(versions, [5, 5, 5]);
    },
    {},
    { versions: [5, 4] },
  );
});

Deno.test("BrokerLink takes packets that come byte by byte, and many that come at once", async () => {
  await onLink(async ({ engine, lines }) => {
    const [, ear] = await lines();
    await ear.next(SUBSCRIBE);
    const bytes = Buffer.concat([progress("a", 1, 1), packet(0xd0, []), progress("a", 2, 300)]);
    for (const byte of bytes) {
      ear.send(Uint8Array.of(byte));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(await ear.acknowledged(2), [1, 300]);
    const ids = Array.from({ length: 1_000 }, (_, index) => index + 1);
    ear.send(...ids.map((id) => progress(`d${id}`, id % 100, id)));
    assert.deepEqual(await ear.acknowledged(1_000), ids);
    assert.deepEqual(percents(engine), [1, 2, ...ids.map((id) => id % 100)]);
  });
});

Deno.test("BrokerLink acknowledges a message when the engine has answered, and not before", async () => {
  await onLink(async ({ engine, lines }) => {
    const [, ear] = await lines();
    await ear.next(SUBSCRIBE);
    engine.hold = true;
    ear.send(progress("a", 1, 7), message("elsewhere", "x", 8));
    await engine.until(() => engine.inputs.length === 1, "the report");
    const silent = ear.packets.length;
    assert.equal(silent, 0);
    engine.waiting[0]!(ok);
    assert.deepEqual(await ear.acknowledged(2), [7, 8]);
  });
});

Deno.test("BrokerLink tells of what is too large and holds none of it", async () => {
  await onLink(async ({ engine, lines }) => {
    const [, ear] = await lines();
    await ear.next(SUBSCRIBE);
    const large = message(`${PREFIX}/a/verify`, new Uint8Array(5_000_000), 9);
    for (let at = 0; at < large.length; at += 100_000) ear.send(large.subarray(at, at + 100_000));
    assert.deepEqual(await ear.acknowledged(1), [9]);
    const input = engine.inputs[0]!;
    assert.ok(input.kind === "report" && "code" in input.parsed);
    assert.equal(input.parsed.code, "too_large");
  });
});

Deno.test("BrokerLink: nonsense of a broker ends the connection, and it comes back", async () => {
  const nonsense = [
    Uint8Array.of(0xb0, 0xff, 0xff, 0xff, 0x7f),
    Uint8Array.of(0xd0, 0xff, 0xff, 0xff, 0xff, 1),
    packet(0x32, [0, 99, 65]),
  ];
  await Promise.all(nonsense.map((bytes) =>
    onLink(async ({ engine, lines, notes, told }) => {
      const [, ear] = await lines();
      await told(1);
      ear.send(bytes);
      await soon(ear.closed, "the cut");
      await told(2);
      assert.match(
        notes[1]!,
        /: it closed the connection \(.*(too large|alformed).*\)\. Look into/,
      );
      assert.deepEqual(engine.events, ["reachable true", "reachable false"]);
      await told(3);
      assert.equal(notes[2], "up true");
    })
  ));
});

Deno.test("BrokerLink: what the engine cannot take now cuts the link, and comes again", async () => {
  await onLink(async ({ broker, engine, lines, notes, told }) => {
    const [, ear] = await lines();
    await told(1);
    const problem = { status: 503, title: "Not available now", detail: "full" } as const;
    engine.answer = { ok: false, problem };
    ear.send(progress("a", 1, 7), progress("a", 2, 8));
    await soon(ear.closed, "the cut");
    engine.answer = ok;
    const [, again] = await lines(1);
    await again.next(SUBSCRIBE);
    again.send(progress("a", 1, 7, 0b1010), progress("a", 2, 8, 0b1010));
    assert.deepEqual(await again.acknowledged(2), [7, 8]);
    await told(3);
    assert.deepEqual(notes, [
      "up false",
      `No connection to the broker 127.0.0.1:${broker.port}: the engine cannot take reports now. ` +
      "The broker keeps them until it can.",
      "up true",
    ]);
  });
});

Deno.test("BrokerLink looks again soon where it is the engine that cannot take reports, however often", async () => {
  const waits: number[] = [];
  const { setTimeout } = globalThis;
  const isWait = (ms = 0) => ms > 1_000 && ms < 5_000;
  const hurried = (call: () => void, ms?: number) => {
    if (isWait(ms)) waits.push(ms!);
    return setTimeout(call, isWait(ms) ? 0 : ms);
  };
  globalThis.setTimeout = hurried as typeof setTimeout;
  try {
    await onLink(async ({ engine, lines }) => {
      const problem = { status: 503, title: "Not available now", detail: "full" } as const;
      engine.answer = { ok: false, problem };
      for (let life = 0; life < 5; life++) {
        const [, ear] = await lines(life);
        await ear.next(SUBSCRIBE);
        ear.send(progress("a", 1, 7));
        await soon(ear.closed, "the cut", 20_000);
      }
      await lines(5);
    });
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.equal(waits.length, 5);
  assert.ok(waits.every((ms) => ms < 2_000), `waits of ${waits} ms`);
});

Deno.test("BrokerLink: a DUP after a reconnect that was acknowledged already is no input", async () => {
  await onLink(async ({ engine, lines }) => {
    const [voice, ear] = await lines();
    await ear.next(SUBSCRIBE);
    ear.send(progress("a", 1, 7));
    assert.deepEqual(await ear.acknowledged(1), [7]);
    // Both connections go together: devices that can only be told are of no use.
    voice.socket.destroy();
    await soon(ear.closed, "the end of the other connection");
    const [, again] = await lines(1);
    await again.next(SUBSCRIBE);
    again.send(progress("a", 1, 7, 0b1010), progress("a", 2, 8));
    assert.deepEqual(await again.acknowledged(2), [7, 8]);
    assert.deepEqual(percents(engine), [1, 2]);
  });
});

Deno.test("BrokerLink: a broker that lost our session begins its packet ids again: a DUP may be news", async () => {
  const forgets: Manners = {
    [CONNECT]: ({ version }) => packet(0x20, version === 5 ? [0, 0, 0] : [0, 0]),
  };
  await onLink(async ({ engine, lines }) => {
    const [voice, ear] = await lines();
    await ear.next(SUBSCRIBE);
    ear.send(progress("a", 1, 7));
    assert.deepEqual(await ear.acknowledged(1), [7]);
    voice.socket.destroy();
    const [, again] = await lines(1);
    await again.next(SUBSCRIBE);
    again.send(progress("a", 1, 7, 0b1010));
    assert.deepEqual(await again.acknowledged(1), [7]);
    assert.deepEqual(percents(engine), [1, 1]);
    const reachable = engine.events.filter((event) => event.startsWith("reachable"));
    const back = "reachable true, forgotten";
    assert.deepEqual(reachable, [back, "reachable false", back]);
  }, forgets);
});

/** Forgets whoever comes first, and keeps the session from then on. */
function forgetsOnce(): Manners {
  let ears = 0;
  return {
    [CONNECT]: ({ version, isClean }) => {
      const isPresent = isClean || ears++ === 0 ? 0 : 1;
      return packet(0x20, version === 5 ? [isPresent, 0, 0] : [isPresent, 0]);
    },
  };
}

Deno.test("BrokerLink: a packet on record tells nothing of the same one of a session that came after it", async () => {
  const session = { name: "first", renew: () => Promise.resolve(void (session.name = "second")) };
  const payload = new TextEncoder().encode("2");
  const parsed = parseReport("progress", payload);
  const recorded = { topic: `${PREFIX}/a/progress`, payload, parsed };
  const knownPackets = () => Promise.resolve([packetKey("first", 8, recorded)]);
  await onLink(
    async ({ engine, lines }) => {
      const [, ear] = await lines();
      await ear.next(SUBSCRIBE);
      assert.equal(session.name, "second", "before anything comes by it");
      const problem = { status: 503, title: "Not available now", detail: "full" } as const;
      engine.answer = { ok: false, problem };
      ear.send(progress("a", 1, 7), progress("a", 2, 8));
      await soon(ear.closed, "the cut");
      engine.answer = ok;
      engine.inputs.length = 0;
      const [, again] = await lines(1);
      await again.next(SUBSCRIBE);
      again.send(progress("a", 1, 7, 0b1010), progress("a", 2, 8, 0b1010));
      assert.deepEqual(await again.acknowledged(2), [7, 8]);
      assert.deepEqual(percents(engine), [1, 2]);
    },
    forgetsOnce(),
    { session, knownPackets },
  );
});

Deno.test("BrokerLink takes nothing by a session whose name cannot be kept, until it can", async () => {
  let [renewals, fails] = [0, true];
  const renew = () => {
    renewals++;
    return fails ? Promise.reject(new Error("No space left.")) : Promise.resolve();
  };
  await onLink(
    async ({ broker, lines, notes, told }) => {
      await told(1);
      const [, ear] = await lines();
      await soon(ear.closed, "the end of it");
      assert.deepEqual(ear.packets.map(({ type }) => type).includes(SUBSCRIBE), false);
      fails = false;
      const [, again] = await lines(1);
      await again.next(SUBSCRIBE);
      await told(2);
      assert.equal(renewals, 2, "though the broker knows the session now");
      const { port } = broker;
      assert.deepEqual(notes, [
        `No connection to the broker 127.0.0.1:${port}: the engine cannot take reports now ` +
        "(No space left.). The broker keeps them until it can.",
        "up true",
      ]);
    },
    forgetsOnce(),
    { session: { name: "first", renew } },
  );
});

Deno.test("BrokerLink reads no more from a broker than the engine takes", async () => {
  await onLink(async ({ engine, lines }) => {
    const [, ear] = await lines();
    await ear.next(SUBSCRIBE);
    engine.hold = true;
    const count = 250;
    const filler = new Uint8Array(60_000).fill(120);
    for (let id = 1; id <= count; id++) ear.send(message(`${PREFIX}/a/verify`, filler, id));
    await engine.until(() => engine.inputs.length === 16, "16 reports");
    // What the system holds between the two is far less than all of it.
    for (let turns = 0; turns < 500; turns++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    assert.equal(engine.inputs.length, 16);
    assert.ok(ear.socket.writableLength > 2_000_000, `${ear.socket.writableLength} bytes wait`);
    engine.hold = false;
    for (const answer of engine.waiting) answer(ok);
    assert.equal((await ear.acknowledged(count)).at(-1), count);
  });
});

Deno.test("BrokerLink hushed takes nothing more; closed, it says goodbye on both connections", async () => {
  await onLink(async ({ engine, lines, link, told }) => {
    const [voice, ear] = await lines();
    await told(1);
    link.hush();
    assert.equal(link.isUp, false);
    ear.send(progress("a", 1, 7));
    await link.close();
    await voice.next(DISCONNECT);
    await ear.next(DISCONNECT);
    await soon(Promise.all([voice.closed, ear.closed]), "the ends");
    assert.deepEqual([engine.inputs, ear.packets], [[], []]);
    assert.deepEqual(engine.events, ["reachable true", "reachable false"]);
  });
});

Deno.test("BrokerLink hushed takes nothing of what comes before the line ends", async () => {
  await onLink(async ({ engine, lines, link, told }) => {
    const [voice, ear] = await lines();
    await told(1);
    link.hush();
    ear.send(progress("a", 1, 7));
    ear.socket.end();
    // It has read all of it when it has closed the other one.
    await soon(voice.closed, "the end");
    assert.deepEqual(engine.inputs, []);
  });
});

Deno.test("BrokerLink ends soon, whatever it waits for", async () => {
  const states: readonly Manners[] = [
    { [CONNECT]: () => undefined },
    { [CONNECT]: (line) => void line.socket.destroy() },
    { [SUBSCRIBE]: () => undefined },
  ];
  await Promise.all(states.map((manners, index) =>
    onLink(async ({ broker, link }) => {
      const line = await broker.line(index === 2 ? 1 : 0);
      await line.next(index === 2 ? SUBSCRIBE : CONNECT);
      await soon(link.close(), "the end of the link", 8_000);
    }, manners)
  ));
});

Deno.test("BrokerLink ends soon before a broker that confirms nothing", async () => {
  await onLink(async ({ lines, link, told }) => {
    const [voice, ear] = await lines();
    await told(1);
    link.send({ device: "a", message: { kind: "idle", payload: { ask_again_seconds: 1 } } });
    await voice.next(PUBLISH);
    await soon(link.close(), "the end of the link", 8_000);
    await soon(Promise.all([voice.closed, ear.closed]), "the ends");
  }, { [PUBLISH]: () => undefined });
});

Deno.test("BrokerLink that is hushed while it connects comes up no more", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const manners: Manners = {
    [SUBSCRIBE]: (line, { body }) => {
      const granted = line.filters(body).map(() => 1);
      void promise.then(() => line.send(packet(0x90, [...body.slice(0, 2), 0, ...granted])));
      return undefined;
    },
  };
  await onLink(async ({ engine, lines, link, notes }) => {
    const [, ear] = await lines();
    await ear.next(SUBSCRIBE);
    link.hush();
    resolve();
    await ear.next(DISCONNECT);
    await soon(ear.closed, "the end");
    assert.deepEqual([engine.events, notes, link.isUp], [[], [], false]);
  }, manners);
});
