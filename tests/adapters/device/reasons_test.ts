import assert from "node:assert/strict";
import { request } from "../../../adapters/device/http.ts";

const { signal } = new AbortController();

/** Asks whoever listens at that port. */
const ask = (port: number) =>
  request({ url: `http://127.0.0.1:${port}/`, token: "t", signal, limitMs: 1_000 });

Deno.test("a request says in a few words why it came to nothing", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  nobody.close();
  await assert.rejects(ask(nobody.addr.port), { message: "nothing listens there" });
  // The system takes the connection, and nobody answers.
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await assert.rejects(ask(silent.addr.port), { message: "there is no answer" });
  using rude = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hangsUp = rude.accept().then((connection) => connection.close());
  await assert.rejects(ask(rude.addr.port), { message: "the connection was cut" });
  await hangsUp;
});
