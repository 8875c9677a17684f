/** A guard before a device that takes nothing, or little: over a real connection that is not read. */
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { Guard } from "../../../../adapters/mqtt/embedded/guard.ts";
import { soon } from "./stage.ts";

const PIECE = 2_048;

interface Scene {
  readonly guard: Guard;
  /** The device's side, which reads nothing before it is told to. */
  readonly device: Socket;
  /** Resolves when the guard has ended. */
  readonly closed: Promise<void>;
}

async function guarded(stalledMs: number, story: (scene: Scene) => Promise<void>): Promise<void> {
  const { promise: accepted, resolve: accept } = Promise.withResolvers<Socket>();
  const server = createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const device = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  device.pause();
  const guard = new Guard(await soon(accepted, "a connection"), { loginMs: 60_000, stalledMs });
  guard.on("error", () => {});
  guard.admit();
  const closed = new Promise<void>((resolve) => guard.once("close", () => resolve()));
  try {
    await story({ guard, device, closed });
  } finally {
    guard.destroy();
    device.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await closed;
  }
}

/** Writes pieces until the system takes no more. */
async function fill(guard: Guard): Promise<void> {
  // A PUBLISH without end: only its bytes matter.
  guard.write(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f));
  for (let isTaken = true; isTaken;) {
    const taken = new Promise<true>((resolve) =>
      guard.write(new Uint8Array(PIECE), () => resolve(true))
    );
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(() => resolve(false), 100);
    isTaken = await Promise.race([taken, late]);
    clearTimeout(timer);
  }
  assert.ok(guard.writableLength > 0);
}

Deno.test("Guard: a device that takes nothing of what is written to it is cut", async () => {
  await guarded(100, async ({ guard, closed }) => {
    await fill(guard);
    const started = performance.now();
    await soon(closed, "the cut");
    // So slow that the piece takes a second, it would have been waited for.
    assert.ok(performance.now() - started > 500);
  });
});

Deno.test("Guard: a device that takes it late is not cut", async () => {
  await guarded(100, async ({ guard, device, closed }) => {
    await fill(guard);
    let isOver = false;
    void closed.then(() => void (isOver = true));
    device.resume();
    await soon(new Promise<void>((resolve) => guard.write("x", () => resolve())), "the rest");
    assert.equal(guard.writableLength, 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(isOver, false);
  });
});

Deno.test("Guard holds what a device has room for, and lets nobody wait for that", async () => {
  await guarded(60_000, async ({ guard }) => {
    await fill(guard);
    for (let bytes = guard.writableLength; bytes < 380_000; bytes += PIECE) {
      assert.ok(guard.write(new Uint8Array(PIECE)), `with ${bytes} bytes`);
    }
    assert.equal(guard.write(new Uint8Array(20_000)), false);
    assert.equal(guard.isStuck, false);
    guard.write(new Uint8Array(700_000));
    assert.equal(guard.isStuck, true);
  });
});
