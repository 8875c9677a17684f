/**
 * The real nginx and the real Caddy before a whole engine, configured as the page says: a client sees no
 * difference, whoever sends the bytes; and the engine decides and counts as if it sent them.
 */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";
import { behindProxy, caddy, nginx } from "./behind_proxy.ts";
import type { ProxiedStage, Proxy } from "./behind_proxy.ts";
import { blockOf, documentOf, runShell } from "../docs/examples.ts";
import { recordedClients } from "./clients/recorded.ts";
import { replay } from "./clients/replayed.ts";
import { WireClient } from "./clients/wire_client.ts";
import type { WireAnswer } from "./clients/wire_client.ts";

const SIZE = 200_000;
const IMAGE = randomImage(SIZE);
const SHA256 = checksumOf(IMAGE).slice("sha256:".length);
const ETAG = `"sha256-${SHA256}"`;

function eachProxy(title: string, story: (proxy: Proxy) => Promise<void>): void {
  for (const proxy of [nginx, caddy]) {
    const { name, ignore } = proxy;
    Deno.test({ name: `${name}: ${title}`, ignore, fn: () => story(proxy) });
  }
}

/** A device with an order of the image; its token. */
async function order(stage: Stage, device: string, more = {}): Promise<string> {
  const token = await stage.register(device);
  await stage.ask("PUT", "/firmware/2.0.0", IMAGE);
  await stage.order(device, "2.0.0", `sha256:${SHA256}`, more);
  return token;
}

/** Reports as the device; the topics of what it is told. */
async function say(
  { house }: Stage,
  device: string,
  token: string,
  kind: string,
  body: object,
): Promise<string[]> {
  const answer = await fetch(`${house.httpUrl}/ota/${device}/${kind}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const { messages } = await answer.json();
  return messages.map(({ topic }: { topic: string }) => topic);
}

/** Asks on a connection of its own. */
async function ask(url: string, ...lines: string[]): Promise<WireAnswer> {
  await using client = await WireClient.to(url);
  return await client.ask(lines);
}

const ASKED: readonly (readonly string[])[] = [
  ["GET {image} HTTP/1.1"],
  ["GET {image}/firmware.bin HTTP/1.1"],
  ["GET /firmware/2.0.0.bin HTTP/1.1"],
  ["HEAD {image} HTTP/1.1"],
  ["HEAD {image} HTTP/1.1", "Range: bytes=0-99"],
  ...["0-", "0-0", "0-65535", "196608-", "150000-200000", "199999-", "-100", "-200001"]
    .map((range) => ["GET {image} HTTP/1.1", `Range: bytes=${range}`]),
  ["GET {image} HTTP/1.1", "Range: bytes=200000-200000"],
  // What is answered with all of it.
  ...["bytes=5-2", "bytes=0-1,5-6", "bytes=0-1,", "bytes=x", "lines=0-1"]
    .map((range) => ["GET {image} HTTP/1.1", `Range: ${range}`]),
  ["GET {image} HTTP/1.1", "Range: bytes=100-199", `If-Range: ${ETAG}`],
  ["GET {image} HTTP/1.1", "Range: bytes=100-199", 'If-Range: "other"'],
  ["GET {image} HTTP/1.1", "Range: bytes=100-199", "If-Range: Thu, 01 Jan 2099 00:00:00 GMT"],
  ["GET {image} HTTP/1.1", `If-None-Match: ${ETAG}`],
  ["GET {image} HTTP/1.1", 'If-None-Match: "other"'],
  ["GET {image} HTTP/1.1", "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"],
  ["GET {image} HTTP/1.1", "Accept-Encoding: gzip, br, zstd"],
  ["GET {image} HTTP/1.0"],
  ["GET {image} HTTP/1.0", "Range: bytes=100-199"],
  ["GET {image} HTTP/1.0", "x-ESP8266-mode: sketch"],
  ["GET {image} HTTP/1.0", "x-ESP8266-mode: sketch", "Range: bytes=100-199"],
  ["GET {image} HTTP/1.1", "x-ESP32-mode: sketch", "Range: bytes=100-199"],
  ["GET {image}/chunks/1?size=64 HTTP/1.1"],
  ["GET {image}/chunks?size=64 HTTP/1.1"],
  ["GET /artifacts/00 HTTP/1.1"],
  // Its URL names other bytes tomorrow: they have no date.
  ["GET /ota/pump-7/update HTTP/1.1"],
  ["HEAD /ota/pump-7/update HTTP/1.1"],
  ["GET /ota/pump-7/update HTTP/1.1", "Range: bytes=100-199"],
  ["GET /ota/pump-7/update HTTP/1.1", `If-None-Match: ${ETAG}`],
  ["GET /ota/pump-7/update HTTP/1.0", "x-ESP8266-mode: sketch"],
  ["GET /ota/pump-7/update HTTP/1.0", "x-ESP8266-mode: version"],
];
/** What a client may go by. */
const FIELDS = [
  "accept-ranges",
  "cache-control",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "etag",
  "repr-digest",
  "transfer-encoding",
  "x-md5",
  "x-version",
  "x-accel-redirect",
  "x-sendfile",
];

/** What the engine's image is answered with, to every request above. */
async function allAnswers(stage: Stage): Promise<unknown[]> {
  // A check does not make it one that is seen, of which the engine sends the bytes itself.
  const token = await order(stage, "pump-7", { completion: "verified" });
  const answers: unknown[] = [];
  for (const [line, ...fields] of ASKED) {
    const path = line!.replace("{image}", `/artifacts/${SHA256}`);
    const asked = [path, "Host: x", `Authorization: Bearer ${token}`, ...fields];
    const answer = await ask(stage.house.httpUrl, ...asked);
    assert.ok(answer.head.length < 512, `${answer.head.length} bytes:\n${answer.head}`);
    const said = FIELDS.map((name) => [name, answer.fields.get(name)]);
    // The second in which it was uploaded.
    said.push(["last-modified", answer.fields.has("last-modified") ? "a date" : undefined]);
    answers.push([
      asked.filter((line) => !line.startsWith("Auth")),
      answer.status,
      said,
      checksumOf(answer.body),
    ]);
  }
  return answers;
}

eachProxy("an image is sent as the engine itself sends it", async (proxy) => {
  let own: unknown[] = [];
  await inHouse(async (stage) => void (own = await allAnswers(stage)));
  await behindProxy(proxy, async (stage) => {
    for (const [index, answer] of (await allAnswers(stage)).entries()) {
      assert.deepEqual(answer, own[index]);
    }
  });
});

for (const proxy of [nginx, caddy]) {
  const name = `${proxy.name}: every recorded client is given an answer that it can read`;
  Deno.test(name, { ignore: proxy.ignore }, async (t) => {
    await behindProxy(proxy, async (stage) => {
      const talks = recordedClients.flatMap(({ client, talks }) =>
        talks.map((talk) => ({ client, talk }))
      );
      for (const [index, { client, talk }] of talks.entries()) {
        await t.step(`${client} ${talk.title}`, async () => {
          await replay(stage, talk, `device-${index}`, `2.0.${index}`);
        });
      }
    });
  });
}

eachProxy("the engine sends none of the bytes, but those that it must see taken", async (proxy) => {
  await behindProxy(proxy, async (stage) => {
    const image = `GET /artifacts/${SHA256} HTTP/1.1`;
    const field = proxy.offload;
    const token = await order(stage, "pump-7");
    for (const range of ["X: y", "Range: bytes=0-99", "Range: bytes=100-"]) {
      const lines = [image, "Host: x", `Authorization: Bearer ${token}`, range];
      const { status, fields, body } = await ask(stage.engineUrl, ...lines);
      assert.deepEqual([status, body.length], [200, 0]);
      assert.match(fields.get(field)!, new RegExp(`^/.+/${SHA256}$`));
    }
    // What is concluded about a device that may be unable to report rests on the bytes that it took.
    const silent = await order(stage, "lamp-1", { completion: "seen" });
    await say(stage, "lamp-1", silent, "request", {});
    for (const range of ["X: y", "Range: bytes=0-99", "Range: bytes=100-"]) {
      const lines = [image, "Host: x", `Authorization: Bearer ${silent}`, range];
      const { fields, body } = await ask(stage.engineUrl, ...lines);
      assert.deepEqual([String(body.length), fields.has(field)], [
        fields.get("content-length"),
        false,
      ]);
    }
  });
});

eachProxy("nobody gets at an image but a device that may have it", async (proxy) => {
  await behindProxy(proxy, async (stage) => {
    const token = await order(stage, "pump-7");
    const other = await stage.register("lamp-1");
    const { httpUrl } = stage.house;
    const statusFor = async (path: string, token: string) =>
      (await ask(httpUrl, `GET ${path} HTTP/1.1`, "Host: x", `Authorization: Bearer ${token}`))
        .status;
    const url = `/artifacts/${SHA256}`;
    assert.equal(await statusFor(url, token), 200);
    assert.equal(await statusFor(url, "wrong"), 401);
    assert.equal(await statusFor(url, other), 404);
    for (const path of pathsTo(stage)) assert.equal(await statusFor(path, token), 404, path);
    assert.equal((await stage.ask("DELETE", "/devices/pump-7")).status, 204);
    assert.equal(await statusFor(url, token), 401);
  });
});

/** Ways to the file itself, without the engine. */
function pathsTo({ folder }: ProxiedStage): string[] {
  const inside = `otalog-images/${SHA256}`;
  return [
    `/${inside}`,
    `//${inside}`,
    `/./${inside}`,
    `/%6ftalog-images/${SHA256}`,
    `/artifacts/../${inside}`,
    `/artifacts/%2e%2e/${inside}`,
    `${folder}/data/images/${SHA256}`,
    `/otalog-images/../otalog.db`,
  ];
}

eachProxy("what was given out is on record, with the cut of a connection", async (proxy) => {
  await behindProxy(proxy, async (stage) => {
    const token = await stage.register("pump-7");
    const big = randomImage(6_000_000);
    const checksum = await stage.upload("2.0.0", big);
    const task = await stage.order("pump-7", "2.0.0", checksum);
    const { httpUrl } = stage.house;
    const headers = { authorization: `Bearer ${token}` };
    await say(stage, "pump-7", token, "request", {});
    const image = `${httpUrl}/artifacts/${checksum.slice("sha256:".length)}`;
    const cutAt = await takeSome(image, headers);
    const rest = await fetch(image, { headers: { ...headers, range: `bytes=${cutAt}-` } });
    assert.equal(rest.status, 206);
    const bytes = new Uint8Array(await rest.arrayBuffer());
    assert.equal(checksumOf(bytes), checksumOf(big.subarray(cutAt)));
    const heard = await say(stage, "pump-7", token, "verify", { checksum });
    assert.deepEqual(heard, ["/ota/pump-7/success"]);

    const { fetched, attempts: [{ bytes: given, requests, repeated, cuts }] } =
      (await stage.ask("GET", `/tasks/${task}/transfer`)).body;
    assert.deepEqual(
      { fetched, given, requests, repeated, cuts },
      { fetched: big.length, given: big.length, requests: 2, repeated: 0, cuts: 1 },
    );
    const types = (await stage.rows("pump-7")).map(({ type }) => type);
    assert.equal(types.filter((type) => type === "ArtifactRequested").length, 1);
  });
});

/** The first bytes of an answer, which is not taken to its end. */
async function takeSome(url: string, headers: HeadersInit): Promise<number> {
  const { body } = await fetch(url, { headers });
  const reader = body!.getReader();
  const { value } = await soon(reader.read(), "the first bytes");
  await reader.cancel();
  return value!.length;
}

eachProxy("what the engine sends, the proxy takes no faster than its client", async (proxy) => {
  await behindProxy(proxy, async (stage) => {
    // The buffers of the connections on both sides of it take some MB, where they are large fifteen.
    const size = 60_000_000;
    const checksum = await stage.upload("2.0.0", randomImage(size));
    const sha256 = checksum.slice("sha256:".length);
    for (const path of [`/artifacts/${sha256}`, "/ota/{device}/update", "/firmware/2.0.0.bin"]) {
      const device = `lamp-${path.length}`;
      const token = await stage.register(device);
      const task = await stage.order(device, "2.0.0", checksum, { completion: "seen" });
      const given = async () => (await stage.ask("GET", `/tasks/${task}/transfer`)).body;
      await say(stage, device, token, "request", {});
      const { body } = await fetch(stage.house.httpUrl + path.replace("{device}", device), {
        headers: { authorization: `Bearer ${token}` },
      });
      const reader = body!.getReader();
      await soon(reader.read(), "the first bytes");
      const fetched = await soon(lastOf(async () => (await given()).fetched), "a halt");
      await reader.cancel();
      const cut = async () => {
        while ((await given()).attempts[0].cuts === 0) await pause(20);
      };
      await soon(cut(), `the cut of ${path}, of which ${fetched} bytes were given out`);
      assert.equal((await given()).fetched, fetched);
      assert.ok(fetched > 0 && fetched < size / 2, `${fetched} bytes of ${path}`);
    }
  });
});

/** The number at which it stands still. */
async function lastOf(count: () => Promise<number>): Promise<number> {
  let [last, looks] = [0, 0];
  while (looks < 10) {
    const now = await count();
    looks = now === last && now > 0 ? looks + 1 : 0;
    last = now;
    await pause(20);
  }
  return last;
}

eachProxy("a data folder may be a link", async (proxy) => {
  const place = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${place}/disk`);
    await Deno.symlink(`${place}/disk`, `${place}/link`);
    await behindProxy(proxy, async (stage) => {
      const token = await order(stage, "pump-7");
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${stage.house.httpUrl}/artifacts/${SHA256}`, { headers });
      assert.equal(checksumOf(new Uint8Array(await answer.arrayBuffer())), `sha256:${SHA256}`);
    }, { data: `${place}/link/data` });
  } finally {
    await Deno.remove(place, { recursive: true });
  }
});

Deno.test({
  name: "nginx: workers who may not read the images say so, and send them once they are let in",
  ignore: nginx.ignore,
  fn: () =>
    behindProxy(nginx, async (stage) => {
      const token = await order(stage, "pump-7");
      const status = async () => {
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(`${stage.house.httpUrl}/artifacts/${SHA256}`, { headers });
        await answer.body?.cancel();
        return answer.status;
      };
      const data = `${stage.folder}/data`;
      assert.equal(Deno.statSync(data).mode! & 0o777, 0o700);
      const isRoot = Deno.uid() === 0;
      await Deno.chmod(stage.folder, 0o711);
      // Whoever is not root has no other user: the images themselves are closed.
      if (!isRoot) await Deno.chmod(`${data}/images`, 0);
      assert.equal(await status(), 403);
      await soon(
        stage.server.says(/images\/[0-9a-f]{64}" failed \(13: Permission denied\)/),
        "why",
      );
      const letIn = blockOf(await documentOf("adapters/http/README.md"), "example: let in");
      const commands = letIn.replaceAll("sudo ", "").replaceAll("/srv/otalog/data", data);
      await runShell(stage, isRoot ? commands : `chmod 711 ${data}/images`);
      assert.equal(await status(), 200);
    }, { user: "www-data" }),
});

eachProxy("the connections to the engine are few, and stay", async (proxy) => {
  await behindProxy(proxy, async (stage) => {
    const token = await order(stage, "pump-7");
    const headers = { authorization: `Bearer ${token}`, range: "bytes=0-99", connection: "close" };
    for (let request = 0; request < 40; request++) {
      const answer = await fetch(`${stage.house.httpUrl}/artifacts/${SHA256}`, { headers });
      assert.equal((await answer.arrayBuffer()).byteLength, 100);
    }
    const figures = await (await fetch(`${stage.engineUrl}/metrics`, {
      headers: { authorization: `Bearer ${stage.house.operator.token}` },
    })).text();
    const [, connections] = /^otalog_connections\{[^}]*http[^}]*\} (\d+)$/m.exec(figures)!;
    assert.ok(Number(connections) <= 5, figures);
  });
});
