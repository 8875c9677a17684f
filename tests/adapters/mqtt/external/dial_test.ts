import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { addressText, dial } from "../../../../adapters/mqtt/external/dial.ts";
import { BrokerTrouble, troubleOf } from "../../../../adapters/mqtt/external/trouble.ts";
import { soon } from "../../../e2e/house.ts";
import { freePort } from "../../../support/free_port.ts";

const never = new AbortController().signal;

async function troubleAt(host: string, port: number, isTls = false): Promise<BrokerTrouble> {
  try {
    (await dial({ host, port, isTls }, never)).destroy();
  } catch (error) {
    assert.ok(error instanceof BrokerTrouble);
    return error;
  }
  assert.fail("it connected");
}

Deno.test("addressText() puts brackets around an IPv6 address", () => {
  assert.equal(addressText({ host: "::1", port: 1883, isTls: false }), "[::1]:1883");
  assert.equal(addressText({ host: "broker.example", port: 1, isTls: true }), "broker.example:1");
});

Deno.test("dial() says which step failed", async () => {
  const port = await freePort();
  const advice = "Check address and port in --broker, and whether";
  const cases = [
    // No resolver is asked for a name with an empty label; no packet leaves for a group by TCP.
    ["broker..example", "there is no host of that name. Check the name in --broker."],
    ["127.0.0.1", `it refused the connection. ${advice} the broker runs.`],
    ["224.0.0.1", `no answer (there is no route to it). ${advice} a firewall lies between.`],
  ] as const;
  for (const [host, sentence] of cases) {
    for (const isTls of [false, true]) {
      const { message } = await troubleAt(host, port, isTls);
      assert.equal(message, `No connection to the broker ${host}:${port}: ${sentence}`);
    }
  }
});

Deno.test("dial() says that TLS failed where the other side speaks none", async () => {
  for (const answer of ["HTTP/1.1 400 Bad Request\r\n\r\n", ""]) {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { message, step } = await troubleAt("127.0.0.1", port, true);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    assert.equal(step, "tls");
    assert.match(
      message,
      /: TLS failed \(.+\)\. Check that this port speaks TLS, and --broker-ca,/,
    );
  }
});

Deno.test("dial() is called off before it begins, and while it waits", async () => {
  await assert.rejects(
    dial({ host: "127.0.0.1", port: 1, isTls: false }, AbortSignal.abort()),
    { name: "AbortError" },
  );
  const { promise: welcomed, resolve: welcome } = Promise.withResolvers<void>();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    welcome();
    socket.on("error", () => {}).on("close", () => leave()).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const calling = new AbortController();
  const dialled = dial({ host: "127.0.0.1", port, isTls: true }, calling.signal);
  dialled.catch(() => {});
  await welcomed;
  calling.abort();
  await assert.rejects(soon(dialled, "the end of the dial", 8_000), /called off/);
  await soon(left, "the end of the connection");
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

Deno.test("troubleOf() knows the system's codes, and quotes what it does not know", () => {
  const say = (code: string, message: string, step: "closed" | "tls" = "closed") =>
    troubleOf(Object.assign(new Error(message), { code }), "h:1", step).message
      .replace(/^No connection to the broker h:1: /, "").split(". ")[0];
  assert.equal(
    say("EAI_AGAIN", "x"),
    "there is no host of that name (the name servers do not answer)",
  );
  assert.equal(say("EHOSTUNREACH", "x"), "no answer (there is no route to it)");
  assert.equal(say("ETIMEDOUT", "x"), "no answer");
  assert.equal(say("ECONNRESET", "read ECONNRESET"), "it closed the connection");
  assert.equal(say("ECONNRESET", "reset", "tls"), "TLS failed (reset)");
  assert.equal(say("ERR_TLS_CERT_ALTNAME_INVALID", "not its name."), "TLS failed (not its name)");
  assert.equal(say("ERR_SSL_HANDSHAKE_FAILURE", "alert 40"), "TLS failed (alert 40)");
  assert.equal(say("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "x", "tls"), "TLS failed (x)");
  assert.equal(say("EPIPE", "broken"), "it closed the connection (broken)");
  const known = new BrokerTrouble("login", "h:1");
  assert.equal(troubleOf(known, "other:2", "tls"), known);
});
