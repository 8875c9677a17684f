/**
 * What unmodified clients require of a server, one by one, each with the number that the recorded clients
 * in `fixtures/clients/` name it by. R14, that no device takes the bytes of the others, has no test yet.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { checksumOf, inHouse, randomImage } from "../house.ts";
import type { Stage } from "../house.ts";
import { recordedClients } from "./recorded.ts";
import { WireClient } from "./wire_client.ts";
import type { WireAnswer } from "./wire_client.ts";

const SIZE = 200_000;
/** As long as they may be. */
const DEVICE = "d".repeat(64);
const VERSION = `2.0.0-${"v".repeat(58)}`;

type Ask = (line: string, ...fields: string[]) => Promise<WireAnswer>;

interface Scene {
  readonly stage: Stage;
  readonly token: string;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
  readonly etag: string;
  /** Of the image itself. */
  readonly url: string;
  /** Of what the device is to run. */
  readonly update: string;
  readonly task: string;
  /** Asks as the device, on a connection of its own. */
  readonly ask: Ask;
  /** Asks without credentials. */
  readonly askOpenly: Ask;
}

/** One device with one order. */
async function inScene(story: (scene: Scene) => Promise<void>): Promise<void> {
  await inHouse(async (stage) => {
    const token = await stage.register(DEVICE);
    const image = randomImage(SIZE);
    const task = await stage.order(DEVICE, VERSION, await stage.upload(VERSION, image));
    const sha256 = checksumOf(image).slice("sha256:".length);
    const askOpenly: Ask = async (line, ...fields) => {
      await using client = await WireClient.to(stage.house.httpUrl);
      return await client.ask([line, "Host: x", ...fields]);
    };
    await story({
      ...{ stage, token, image, sha256, task, askOpenly },
      etag: `"sha256-${sha256}"`,
      url: `/artifacts/${sha256}`,
      update: `/ota/${DEVICE}/update`,
      ask: (line, ...fields) => askOpenly(line, `Authorization: Bearer ${token}`, ...fields),
    });
  });
}

function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

Deno.test("R1: a URL is named by its bytes, has no secret in it, and means them for ever", async () => {
  await inScene(async ({ stage, ask, url, image, sha256, token }) => {
    const manifest = `GET /ota/${DEVICE}/manifest.json?chip=ESP32 HTTP/1.1`;
    for (let turn = 0; turn < 2; turn++) {
      const { body } = await ask(manifest);
      const { path } = JSON.parse(new TextDecoder().decode(body)).builds[0].ota;
      assert.equal(path, url);
      assert.ok(!path.includes(token));
      for (const name of [url, `${url}/firmware.bin`, `/firmware/${VERSION}.bin`]) {
        const { body, fields } = await ask(`GET ${name} HTTP/1.1`);
        assert.equal(checksumOf(body), `sha256:${sha256}`);
        assert.match(fields.get("cache-control")!, /\bimmutable\b/);
      }
    }
    const other = await stage.ask("PUT", `/firmware/${VERSION}`, randomImage(SIZE));
    assert.equal(other.status, 409);
    assert.deepEqual((await ask(`GET ${url} HTTP/1.1`)).body, new Uint8Array(image));
  });
});

Deno.test("R2: GET and HEAD are answered over HTTP/1.0 and HTTP/1.1", async () => {
  await inScene(async ({ ask, url, update, image }) => {
    for (const path of [url, update]) {
      for (const version of ["1.0", "1.1"]) {
        const get = await ask(`GET ${path} HTTP/${version}`);
        const head = await ask(`HEAD ${path} HTTP/${version}`);
        assert.deepEqual([get.status, head.status], [200, 200]);
        assert.deepEqual(get.body, new Uint8Array(image));
        assert.equal(head.fields.get("content-length"), String(SIZE));
      }
    }
  });
});

Deno.test("R3: an answer has its length, is never chunked, and is never encoded", async () => {
  await inScene(async ({ ask, url, update }) => {
    const encodings = "Accept-Encoding: gzip, deflate, br, zstd";
    for (const path of [url, update, `/ota/${DEVICE}/manifest.json`, `${url}/chunks/0?size=64`]) {
      for (const range of ["Range: bytes=0-99", "X: y"]) {
        const { fields } = await ask(`GET ${path} HTTP/1.1`, encodings, "TE: chunked", range);
        assert.ok(fields.has("content-length"), path);
        assert.ok(!fields.has("transfer-encoding") && !fields.has("content-encoding"), path);
        if (path.endsWith(".json")) continue;
        assert.match(fields.get("cache-control")!, /\bno-transform\b/, path);
      }
    }
  });
});

Deno.test("R4: an image has a strong entity tag, Accept-Ranges and Last-Modified", async () => {
  await inScene(async ({ ask, url, etag }) => {
    const { fields } = await ask(`HEAD ${url} HTTP/1.1`);
    assert.equal(fields.get("etag"), etag);
    assert.equal(fields.get("accept-ranges"), "bytes");
    const modified = fields.get("last-modified")!;
    assert.equal(new Date(modified).toUTCString(), modified);
    assert.ok(Math.abs(Date.now() - Date.parse(modified)) < 600_000, modified);
    assert.equal((await ask(`HEAD ${url} HTTP/1.1`)).fields.get("last-modified"), modified);
  });
});

/** What is asked for, and the bytes that are given: all of them, some, or none. */
const ranges: readonly [range: string, given: "all" | "none" | readonly [number, number]][] = [
  ["bytes=0-0", [0, 1]],
  ["bytes=0-65535", [0, 65_536]],
  ["bytes=150528-", [150_528, SIZE]],
  ["bytes=150000-200000", [150_000, SIZE]],
  ["bytes=199999-", [199_999, SIZE]],
  ["bytes=199999-999999999999", [199_999, SIZE]],
  ["bytes=-100", [199_900, SIZE]],
  ["bytes=-300000", [0, SIZE]],
  ["BYTES=0-99", [0, 100]],
  ["bytes=200000-", "none"],
  ["bytes=200000-200000", "none"],
  ["bytes=-0", "none"],
  ["bytes=5-2", "all"],
  ["bytes=0-9,20-29", "all"],
  ["bytes=", "all"],
  ["bytes=-", "all"],
  ["bytes=a-b", "all"],
  ["bytes=0x10-0x20", "all"],
  ["chunks=0-9", "all"],
];

Deno.test("R5: one range is given, clamped, with the size in a number; what is none is overlooked", async () => {
  await inScene(async ({ ask, url, update, image }) => {
    for (const path of [url, update]) {
      for (const [range, given] of ranges) {
        const { status, fields, body } = await ask(`GET ${path} HTTP/1.1`, `Range: ${range}`);
        if (given === "none") {
          assert.deepEqual([status, fields.get("content-range")], [416, `bytes */${SIZE}`], range);
          continue;
        }
        const [from, to] = given === "all" ? [0, SIZE] : given;
        const place = given === "all" ? undefined : `bytes ${from}-${to - 1}/${SIZE}`;
        assert.deepEqual([status, fields.get("content-range")], [place ? 206 : 200, place], range);
        assert.deepEqual(body, new Uint8Array(image.subarray(from, to)), range);
      }
    }
  });
});

Deno.test("R6: bytes=0- is 206, as some clients take a 200 for a server that cannot resume", async () => {
  await inScene(async ({ ask, url, update }) => {
    for (const path of [url, update]) {
      const { status, fields } = await ask(`GET ${path} HTTP/1.1`, "Range: bytes=0-");
      assert.equal(status, 206);
      assert.equal(fields.get("content-range"), `bytes 0-${SIZE - 1}/${SIZE}`);
    }
  });
});

Deno.test("R7: If-Range holds for the image's own tag alone, If-None-Match gives 304", async () => {
  await inScene(async ({ ask, url, update, etag }) => {
    for (const path of [url, update]) {
      const status = async (...fields: string[]) =>
        (await ask(`GET ${path} HTTP/1.1`, ...fields)).status;
      const range = "Range: bytes=100-";
      assert.equal(await status(range, `If-Range: ${etag}`), 206);
      for (const other of ['"sha256-00"', `W/${etag}`, new Date().toUTCString()]) {
        assert.equal(await status(range, `If-Range: ${other}`), 200, other);
      }
      for (const same of [etag, `"x", ${etag}`, `W/${etag}`, "*"]) {
        assert.equal(await status(`If-None-Match: ${same}`), 304, same);
      }
      assert.equal(await status('If-None-Match: "sha256-00"'), 200);
    }
  });
});

Deno.test("R8: an x-ESP client over HTTP/1.0 is answered 200 or 304, whatever range it is made to ask", async () => {
  await inScene(async ({ ask, url, update, image }) => {
    for (const path of [url, update]) {
      for (const mode of ["x-ESP8266-mode: sketch", "x-ESP32-mode: sketch"]) {
        for (const range of ["bytes=0-99", "bytes=200000-"]) {
          const answer = await ask(`GET ${path} HTTP/1.0`, mode, `Range: ${range}`);
          assert.equal(answer.status, 200);
          assert.deepEqual(answer.body, new Uint8Array(image));
        }
      }
    }
    const { status } = await ask(`GET ${update} HTTP/1.0`, "x-ESP8266-mode: spiffs");
    assert.equal(status, 304);
  });
});

Deno.test("R9: digests made at the upload come along: x-MD5 with x-version, or Repr-Digest", async () => {
  await inScene(async ({ ask, url, update, image, sha256 }) => {
    const md5 = md5Of(image);
    for (const fields of [[], ["Range: bytes=5-"], ["x-ESP8266-mode: sketch"]]) {
      const offered = await ask(`GET ${update} HTTP/1.1`, ...fields);
      assert.deepEqual([offered.fields.get("x-md5"), offered.fields.get("x-version")], [
        md5,
        VERSION,
      ]);
    }
    const named = await ask(`GET ${url} HTTP/1.1`, "x-ESP32-mode: sketch");
    assert.equal(named.fields.get("x-md5"), md5);
    const digest = `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
    assert.equal(named.fields.get("repr-digest"), digest);
  });
});

Deno.test("R10: a head has less than 512 bytes, whatever is asked, and whatever the names are", async () => {
  await inScene(async ({ ask, url, update }) => {
    // An image of 4 GiB has four digits more wherever a size stands.
    const room = 512 - 4 * 4;
    const paths = [url, update, `/firmware/${VERSION}.bin`, `${url}/chunks/0?size=64`];
    for (const path of [...paths, `/ota/${DEVICE}/manifest.json`, "/nowhere"]) {
      for (const fields of [[], ["Range: bytes=100000-199999"], ["Range: bytes=200000-"]]) {
        for (const more of [[], ["x-ESP32-mode: sketch"], ["Connection: keep-alive"]]) {
          for (const version of ["1.0", "1.1"]) {
            const { head } = await ask(`GET ${path} HTTP/${version}`, ...fields, ...more);
            assert.ok(head.length < room, `${head.length} bytes:\n${head}`);
          }
        }
      }
    }
  });
});

Deno.test("R11: nothing is redirected", async () => {
  await inScene(async ({ ask, url, update }) => {
    for (
      const path of [url, update, `${url}/`, `/${url}`, `${update}/`, "/", "/ota", "/firmware"]
    ) {
      const { status, fields } = await ask(`GET ${path} HTTP/1.1`);
      assert.ok(!(status >= 300 && status < 400), `${path}: ${status}`);
      assert.ok(!fields.has("location"), path);
    }
  });
});

Deno.test("R12: a device logs in with Basic, with Bearer, or with its token as a project key", async () => {
  await inScene(async ({ askOpenly, url, update, token }) => {
    const latest = `/api/v0/releases/latest/url?device_serial=${DEVICE}`;
    const basic = `Authorization: Basic ${btoa(`${DEVICE}:${token}`)}`;
    for (const path of [url, update, latest]) {
      const status = async (...fields: string[]) =>
        (await askOpenly(`GET ${path} HTTP/1.1`, ...fields)).status;
      assert.equal(await status(basic), 200);
      assert.equal(await status(`authorization: bearer ${token}`), 200);
      // Who has credentials in a URL sends them only when they are asked for.
      const { fields } = await askOpenly(`GET ${path} HTTP/1.1`);
      assert.match(fields.get("www-authenticate")!, /^Basic realm="otalog"/);
      const byKey = await status(`Memfault-Project-Key: ${token}`);
      assert.equal(byKey, path === latest ? 200 : 401);
    }
  });
});

Deno.test("R13: what cannot be answered is 401, 403, 404, or 503 with Retry-After", async () => {
  await inScene(async ({ stage, ask, askOpenly, url, update }) => {
    const other = await stage.register("other");
    const asOther = `Authorization: Bearer ${other}`;
    const status = async (asked: Promise<WireAnswer>) => (await asked).status;
    for (const path of [url, update]) {
      assert.equal(await status(askOpenly(`GET ${path} HTTP/1.1`)), 401);
      assert.equal(await status(askOpenly(`GET ${path} HTTP/1.0`, "Authorization: Bearer x")), 401);
    }
    assert.equal(await status(askOpenly(`GET ${update} HTTP/1.1`, asOther)), 403);
    assert.equal(await status(askOpenly(`GET ${url} HTTP/1.1`, asOther)), 404);
    assert.equal(await status(ask(`GET /artifacts/${"0".repeat(64)} HTTP/1.1`)), 404);
    await stage.house.engine.stop();
    const answer = await ask(`GET ${update} HTTP/1.1`);
    assert.equal(answer.status, 503);
    assert.match(answer.fields.get("retry-after")!, /^\d+$/);
  });
});

Deno.test("R15: bytes that were sent are no progress and no success; what is asked for next is evidence", async () => {
  await inScene(async ({ stage, ask, url, update, task }) => {
    const asked = async () => {
      const rows = await stage.rows(DEVICE);
      return rows.filter(({ type }) => type === "ArtifactRequested").map(({ data }) => data.from);
    };
    await ask(`HEAD ${update} HTTP/1.1`);
    assert.deepEqual(await asked(), []);
    await ask(`GET ${url} HTTP/1.1`, "Range: bytes=150000-");
    await ask(`GET ${url} HTTP/1.1`);
    const { state, received } = await stage.task(task);
    assert.deepEqual([state, received], ["downloading", 0]);
    // Who begins there has what comes before; what was served is no fact.
    assert.deepEqual(await asked(), [150_000]);
    const { attempts: [attempt] } = (await stage.ask("GET", `/tasks/${task}/transfer`)).body;
    assert.deepEqual([attempt.requests, attempt.bytes], [2, SIZE + 50_000]);
  });
});

/** Image size and request, as esp_https_ota makes them out of its control flow. */
const vectors: readonly [size: number, method: string, range?: string][] = [
  [200_000, "HEAD"],
  [200_000, "GET", "bytes=0-65535"],
  [200_000, "GET", "bytes=65536-131071"],
  [200_000, "GET", "bytes=131072-196607"],
  [200_000, "GET", "bytes=196608-"],
  [65_536, "HEAD"],
  [65_536, "GET"],
  [65_537, "HEAD"],
  [65_537, "GET", "bytes=0-65535"],
  [65_537, "GET", "bytes=65536-"],
  [200_000, "GET", "bytes=150000-200000"],
  [200_000, "GET", "bytes=200000-200000"],
  [200_000, "GET", "bytes=150528-"],
  [200_000, "GET", "bytes=0-"],
];

Deno.test("R16: the recorded clients make every request that is known, and show every requirement", () => {
  const talks = recordedClients.flatMap(({ talks }) => talks);
  const made = talks.flatMap(({ image, exchanges }) =>
    exchanges.map(({ sends: [line, ...fields] }) => {
      const range = fields.find((field) => field.startsWith("Range: "))?.slice("Range: ".length);
      return JSON.stringify([image, line!.split(" ")[0], range]);
    })
  );
  for (const [size, method, range] of vectors) {
    const vector = JSON.stringify([size, method, range]);
    assert.ok(made.includes(vector), vector);
  }
  const shown = new Set(talks.flatMap(({ shows }) => shows));
  for (const number of [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]) {
    assert.ok(shown.has(`R${number}`), `R${number}`);
  }
});
