import assert from "node:assert/strict";
import { checkpointServer } from "../../../adapters/checkpoints/mod.ts";
import { noteOf } from "./notes.ts";

const { signal } = new AbortController();

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly type: string | null;
  readonly authorization: string | null;
  readonly body: string;
}

/** Runs the story with a real server that answers as the path says; what it was asked is kept. */
async function withServer(
  story: (url: string, asked: Asked[]) => Promise<void>,
  answer: (path: string) => Response | Promise<Response>,
): Promise<void> {
  const asked: Asked[] = [];
  const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(listen, async (request) => {
    const { pathname: path } = new URL(request.url);
    const [type, authorization] = ["content-type", "authorization"].map((name) =>
      request.headers.get(name)
    );
    const body = await request.text();
    asked.push({ method: request.method, path, type: type!, authorization: authorization!, body });
    return await answer(path);
  });
  try {
    await story(`http://127.0.0.1:${server.addr.port}`, asked);
  } finally {
    await server.shutdown();
  }
}

Deno.test("checkpointServer() posts the note as text, with the user's name if there is one", async () => {
  await withServer(async (url, asked) => {
    await checkpointServer({ url: `${url}/log` }).publish(noteOf(1), signal);
    const [username, password] = ["Aladdin", "open sesame"];
    await checkpointServer({ url, username, password }).publish(noteOf(2), signal);
    await checkpointServer({ url, username: "é" }).publish(noteOf(3), signal);
    const posted = { method: "POST", type: "text/plain; charset=utf-8" };
    assert.deepEqual(asked, [
      { ...posted, path: "/log", authorization: null, body: noteOf(1) },
      // The example of RFC 7617 §2.
      {
        ...posted,
        path: "/",
        authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        body: noteOf(2),
      },
      { ...posted, path: "/", authorization: "Basic w6k6", body: noteOf(3) },
    ]);
  }, () => new Response(null, { status: 204 }));
});

Deno.test("checkpointServer() takes a 2xx alone, and follows nobody", async () => {
  await withServer(async (url, asked) => {
    for (const status of [200, 201, 202]) {
      await checkpointServer({ url: `${url}/${status}` }).publish(noteOf(1), signal);
    }
    for (const status of [301, 307, 401, 404, 409, 500, 503]) {
      const there = `${url}/${status}`;
      await assert.rejects(
        checkpointServer({ url: `${there}?key=secret` }).publish(noteOf(1), signal),
        { message: `Cannot publish to ${there}: it answered ${status}.` },
      );
    }
    assert.equal(asked.length, 10);
    assert.ok(asked.every(({ path }) => path !== "/elsewhere"));
  }, (path) => {
    const status = Number(path.slice(1));
    const headers = status < 400 && status >= 300 ? { location: "/elsewhere" } : undefined;
    return new Response("whatever", { status, ...(headers ? { headers } : {}) });
  });
});

Deno.test("checkpointServer() reads nothing of what it is told", async () => {
  let isCancelled: () => void;
  const cancelled = new Promise<void>((resolve) => isCancelled = resolve);
  await withServer(async (url) => {
    await checkpointServer({ url }).publish(noteOf(1), signal);
    await cancelled;
  }, () => {
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
      controller.enqueue(new Uint8Array(65_536));
    return new Response(new ReadableStream({ pull, cancel: () => isCancelled() }));
  });
});

const notes = (text: string, type = "text/plain; charset=utf-8") =>
  new Response(text, { headers: { "content-type": type } });

Deno.test("checkpointServer() reads back what the server gives, with the user's name if there is one", async () => {
  const kept = `${noteOf(1)}\n${noteOf(2)}\n`;
  await withServer(async (url, asked) => {
    assert.equal(await checkpointServer({ url: `${url}/log` }).readBack(), kept);
    const [username, password] = ["Aladdin", "open sesame"];
    assert.equal(await checkpointServer({ url, username, password }).readBack(), kept);
    const got = { method: "GET", type: null, body: "" };
    assert.deepEqual(asked, [
      { ...got, path: "/log", authorization: null },
      { ...got, path: "/", authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
    ]);
  }, () => notes(kept));
});

Deno.test("checkpointServer() reads back the end of a long text, and none that is too long", async () => {
  const long = `${"x".repeat(1_000_000)}${noteOf(7)}`;
  await withServer(async (url) => {
    const text = await checkpointServer({ url: `${url}/long` }).readBack();
    assert.deepEqual([text.length < 70_000, text.endsWith(noteOf(7))], [true, true]);
    for (const path of ["large", "endless"]) {
      const there = `${url}/${path}`;
      await assert.rejects(checkpointServer({ url: there }).readBack(), {
        message: `Cannot read checkpoints back from ${there}: what it gives is larger than 16 MiB.`,
      });
    }
  }, (path) => {
    if (path !== "/endless") return notes(path === "/long" ? long : long.repeat(20));
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) =>
      controller.enqueue(new Uint8Array(65_536));
    const headers = { "content-type": "text/plain" };
    return new Response(new ReadableStream({ pull }), { headers });
  });
});

Deno.test("checkpointServer() says in a few words why nothing can be read back, and no secret", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const why = async (url: string) => {
    const server = checkpointServer({ url: `${url}?key=secret`, username: "u" }, 9_000, 200);
    const error = await server.readBack().then(() => undefined, (error) => error);
    const said = `Cannot read checkpoints back from ${url}: `;
    assert.ok((error as Error).message.startsWith(said), `${error}`);
    return (error as Error).message.slice(said.length);
  };
  assert.equal(await why(`http://127.0.0.1:${silent.addr.port}/`), "there is no answer.");
  await withServer(async (url, asked) => {
    for (const status of [204, 206, 307, 401, 404, 405, 500]) {
      assert.equal(await why(`${url}/${status}`), `it answered ${status}.`);
    }
    assert.equal(await why(`${url}/html`), "what it gives is not text/plain.");
    assert.equal(await why(`${url}/slow`), "there is no answer.");
    assert.ok(asked.every(({ path }) => path !== "/elsewhere"));
  }, (path) => {
    if (path === "/html") return notes("<p>", "text/html");
    if (path === "/slow") {
      const headers = { "content-type": "text/plain" };
      return new Response(new ReadableStream(), { headers });
    }
    const status = Number(path.slice(1));
    return new Response(null, { status, headers: { location: "/elsewhere" } });
  });
});

Deno.test("checkpointServer() says in a few words why a note could not be sent, and no secret", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  nobody.close();
  const secret = { username: "user", password: "pass" };
  const why = async (url: string, limitMs = 5_000) => {
    const server = checkpointServer({ url: `${url}/log?key=secret`, ...secret }, limitMs);
    const error = await server.publish(noteOf(1), signal).then(() => undefined, (error) => error);
    const { message } = error as Error;
    assert.ok(message.startsWith(`Cannot publish to ${url}/log: `), message);
    assert.doesNotMatch(message, /secret|user|pass/);
    return message.slice(`Cannot publish to ${url}/log: `.length);
  };
  assert.equal(await why(`http://127.0.0.1:${nobody.addr.port}`), "nobody listens there.");
  assert.equal(await why("http://nowhere.invalid"), "there is no host of that name.");
  assert.equal(await why("http://127.0.0.1:1"), "no HTTP is allowed at that port.");
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assert.equal(await why(`http://127.0.0.1:${silent.addr.port}`, 200), "there is no answer.");
  using rude = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hangsUp = rude.accept().then((connection) => connection.close());
  assert.equal(await why(`http://127.0.0.1:${rude.addr.port}`), "the connection was cut.");
  await hangsUp;
  await withServer(async (url) => {
    assert.equal(await why(url.replace("http:", "https:")), "it does not speak TLS.");
  }, () => new Response());
});

Deno.test("checkpointServer() gives up at once when the note is wanted no more", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const wanted = new AbortController();
  const url = `http://127.0.0.1:${silent.addr.port}`;
  const sent = checkpointServer({ url }).publish(noteOf(1), wanted.signal);
  wanted.abort();
  await assert.rejects(sent, /^Error: Cannot publish to /);
});
