import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { Wire } from "../../../../adapters/mqtt/external/wire.ts";
import { soon } from "../../../e2e/house.ts";

const PINGRESP = Uint8Array.of(0xd0, 0);

/** A wire, and the broker's end of its connection. */
async function onWire(story: (wire: Wire, broker: Socket) => Promise<void>): Promise<void> {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer((socket) => accepted.resolve(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const wire = new Wire(socket, { version: 5, onPublish: () => {} });
  const broker = await soon(accepted.promise, "a connection");
  try {
    await story(wire, broker);
  } finally {
    const closed = new Promise((resolve) => socket.once("close", resolve));
    wire.destroy();
    broker.destroy();
    await closed;
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("Wire: a packet id that looks like a ping does not take the answer from who asked", async () => {
  await onWire(async (wire, broker) => {
    const settled = Promise.withResolvers<void>();
    // The library writes a packet in pieces: this one is a packet id.
    wire.write(Uint8Array.of(0xc0, 0));
    wire.settle(settled.resolve);
    broker.write(PINGRESP);
    await soon(settled.promise, "the answer to settle()");
  });
});

Deno.test("Wire: pings of the library and of settle() are answered in their order", async () => {
  await onWire(async (wire, broker) => {
    const heard: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    wire.on("data", (bytes: Uint8Array) => heard.push(`library ${bytes.join(" ")}`));
    wire.settle(() => heard.push("first"));
    wire.noteOwnPing();
    wire.settle(() => {
      heard.push("second");
      resolve();
    });
    broker.write(Buffer.concat([PINGRESP, PINGRESP, PINGRESP]));
    await soon(promise, "three answers");
    assert.deepEqual(heard.sort(), ["first", "library 208 0", "second"]);
  });
});
