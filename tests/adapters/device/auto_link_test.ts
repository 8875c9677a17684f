/** The device's link over either transport, before a real broker that comes and goes. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { Aedes } from "aedes";
import { AutoLink } from "../../../adapters/device/auto_link.ts";
import { soon } from "../../e2e/house.ts";
import { inScript } from "./script.ts";
import type { Script } from "./script.ts";

/** A broker at a port that stays the same. */
class Door implements AsyncDisposable {
  readonly #aedes: Aedes;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  /** Takes connections, and says nothing. */
  isSilent = false;
  /** What was published, by the last level of the topic. */
  readonly said: string[] = [];
  /** Hears each. */
  onSaid = (_: string) => {};

  private constructor(aedes: Aedes) {
    this.#aedes = aedes;
    aedes.authorizePublish = (client, { topic }, done) => {
      const kind = topic.split("/").at(-1)!;
      if (!client || kind === "gone") return done(null);
      this.said.push(kind);
      this.onSaid(kind);
      if (!this.isSilent) done(null);
    };
  }

  static async open(): Promise<Door> {
    const aedes = new Aedes();
    await aedes.listen();
    const door = new Door(aedes);
    await door.open();
    return door;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    const server = this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
      if (!this.isSilent) this.#aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server!.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }
}

interface Scene {
  readonly door: Door;
  readonly link: AutoLink;
  readonly script: Script;
  /** What the link said: `up http`, `line false` and the like. */
  readonly heard: string[];
  /** Resolves when it has said that so often. */
  until(what: string, times?: number): Promise<void>;
}

/** `isOpen` and `isSilent`: what the broker is like when the link begins. */
async function linked(
  { isOpen = true, isSilent = false },
  story: (scene: Scene) => Promise<void>,
): Promise<void> {
  await inScript(() => [], async (script) => {
    await using door = await Door.open();
    door.isSilent = isSilent;
    if (!isOpen) await door.close();
    const heard: string[] = [];
    let onHeard = () => {};
    const hear = (what: string) => {
      heard.push(what);
      onHeard();
    };
    const until = async (what: string, times = 1) => {
      while (heard.filter((it) => it === what).length < times) {
        const { promise, resolve } = Promise.withResolvers<void>();
        onHeard = resolve;
        await soon(promise, `${what}, after ${heard}`);
      }
    };
    const options = {
      id: "pump-7",
      token: "t",
      mqttUrl: door.url,
      httpUrl: script.url,
      folder: "",
    };
    const link = new AutoLink(options, {
      connecting: () => {},
      up: (by) => hear(`up ${by}`),
      down: (_, why) => hear(why),
      refused: (error) => hear(error.message),
      message: () => {},
      chunk: () => {},
      line: (isUp) => hear(`line ${isUp}`),
    });
    try {
      await story({ door, link, script, heard, until });
    } finally {
      await soon(link.close(), "the end of the link");
    }
  });
}

Deno.test("AutoLink speaks MQTT where there is a broker, and leaves HTTP alone", async () => {
  await linked({}, async ({ door, link, script, heard, until }) => {
    await until("up mqtt");
    await link.report("progress", {});
    assert.deepEqual([link.speaks, door.said, heard], ["mqtt", ["progress"], [
      "line true",
      "up mqtt",
    ]]);
    assert.deepEqual(script.asked, []);
  });
});

Deno.test("AutoLink speaks HTTP at once where no broker listens, until there is one", async () => {
  await linked({ isOpen: false }, async ({ door, link, script, until }) => {
    const begun = performance.now();
    await until("up http");
    assert.ok(performance.now() - begun < 2_000);
    await link.report("progress", {});
    assert.equal(script.reports.length, 1);
    await door.open();
    await until("up mqtt");
    await link.report("verify", {});
    assert.deepEqual([link.speaks, door.said], ["mqtt", ["verify"]]);
    // Nobody polls any more.
    const { length } = script.asked;
    await link.report("verify", {});
    assert.equal(script.asked.length, length);
  });
});

Deno.test("AutoLink speaks HTTP when a broker has said nothing for some seconds", async () => {
  await linked({ isSilent: true }, async ({ link, heard, until }) => {
    const begun = performance.now();
    await until("up http");
    assert.ok(performance.now() - begun >= 1_400);
    assert.equal(link.speaks, "http");
    assert.ok(!heard.includes("up mqtt"));
  });
});

Deno.test("AutoLink says over HTTP what a broker that is gone has not acknowledged", async () => {
  await linked({}, async ({ door, link, script, heard, until }) => {
    await until("up mqtt");
    door.isSilent = true;
    const said = link.report("verify", { checksum: "x" });
    await new Promise<void>((resolve) => door.onSaid = () => resolve());
    await door.close();
    await soon(said, "the report");
    assert.deepEqual(script.reports, [{ checksum: "x" }]);
    assert.ok(heard.includes("line false"));
    door.isSilent = false;
    await door.open();
    await until("up mqtt", 2);
  });
});

Deno.test("AutoLink takes a broker that acknowledges nothing for one that is gone", async () => {
  await linked({}, async ({ door, link, script, until }) => {
    await until("up mqtt");
    door.isSilent = true;
    const begun = performance.now();
    await soon(link.report("verify", {}), "the report");
    assert.equal(script.reports.length, 1);
    assert.ok(performance.now() - begun < 13_000);
  });
});

Deno.test("AutoLink.report() waits for a connection, and goes by the first that there is", async () => {
  await linked({ isOpen: false }, async ({ link, script, heard }) => {
    const said = link.report("progress", {});
    assert.deepEqual(heard, []);
    await soon(said, "the report");
    assert.equal(script.reports.length, 1);
  });
});
