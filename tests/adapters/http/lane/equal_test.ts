/** Whatever is asked, the lane answers as the application does: byte by byte, but for the time of day. */
import assert from "node:assert/strict";
import { readHead } from "../../../../adapters/http/lane/head.ts";
import { OPERATOR, sha256 } from "../stage.ts";
import { imageOf, onLane, requestText } from "./on_lane.ts";
import { Peer } from "./peer.ts";
import type { RawAnswer } from "./peer.ts";

const SIZE = 200_000;
const HEX = sha256(imageOf(SIZE));
const TAG = `"sha256-${HEX}"`;

/** One request, by default of `pump-7` for its image. */
interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly version?: string;
  /** The Authorization field, with tokens in braces by the name of their device; `null`: none. */
  readonly login?: string | null;
  readonly fields?: readonly string[];
}

type Row = [asked: string, status: number, more?: Asked];

const range = (value: string, ...fields: string[]): Asked => ({
  fields: [`Range: ${value}`, ...fields],
});
const withTag = (field: string, value: string, bytes?: string): Asked => ({
  fields: [`${field}: ${value}`, ...bytes ? [`Range: bytes=${bytes}`] : []],
});

/** What unmodified clients send, and what else a request may say. */
const rows: Row[] = [
  ["everything", 200],
  ["HEAD", 200, { method: "HEAD" }],
  ["HEAD of a range", 206, { method: "HEAD", ...range("bytes=0-65535") }],
  ["HEAD of a range past the end", 416, { method: "HEAD", ...range("bytes=200000-") }],
  ["a name", 200, { path: `/artifacts/${HEX}/firmware.bin` }],
  ["a range under a name", 206, { path: `/artifacts/${HEX}/firmware.bin`, ...range("bytes=5-9") }],
  // ESP-IDF `esp_https_ota`: fresh and resumable, then in parts.
  ["a fresh resumable download", 206, range("bytes=0-")],
  ["a resumed download", 206, range("bytes=150528-")],
  ["part 1", 206, range("bytes=0-65535")],
  ["part 2", 206, range("bytes=65536-131071")],
  ["part 3", 206, range("bytes=131072-196607")],
  ["the last part", 206, range("bytes=196608-")],
  ["a part that ends past the end", 206, range("bytes=150000-200000")],
  ["a part that begins at the end", 416, range("bytes=200000-200000")],
  // RFC 9110 §14.
  ["the first byte", 206, range("bytes=0-0")],
  ["the last byte", 206, range("bytes=199999-199999")],
  ["the last bytes", 206, range("bytes=-100")],
  ["the last bytes, more than there are", 206, range("bytes=-300000")],
  ["the last no bytes", 416, range("bytes=-0")],
  ["a start past the end", 416, range("bytes=300000-300001")],
  ["an end before the start", 200, range("bytes=5-2")],
  ["no bytes at all", 200, range("bytes=-")],
  ["two ranges", 200, range("bytes=0-1,5-9")],
  ["an empty range", 200, range("")],
  ["another unit", 200, range("lines=0-1")],
  ["a unit in capitals", 206, range("BYTES=0-1")],
  ["a range with blanks", 200, range("bytes=0 - 1")],
  ["a range with blanks around it", 206, { fields: ["Range: \t bytes=7-9 \t"] }],
  ["a range with a hard blank", 206, range("bytes=0-9\xa0")],
  ["a range in larger numbers", 206, range("bytes=1-99999999999999999999")],
  ["a range twice", 200, { fields: ["Range: bytes=0-1", "Range: bytes=0-1"] }],
  ["the range of the same image", 206, withTag("If-Range", TAG, "0-9")],
  ["the range of another image", 200, withTag("If-Range", '"sha256-00"', "0-9")],
  ["the range of a weak tag", 200, withTag("If-Range", `W/${TAG}`, "0-9")],
  ["the range of a date", 200, withTag("If-Range", "Wed, 21 Oct 2015 07:28:00 GMT", "0-9")],
  ["a range past the end of another image", 200, withTag("If-Range", '"x"', "300000-")],
  ["the same image again", 304, withTag("If-None-Match", TAG)],
  ["any image again", 304, withTag("If-None-Match", "*")],
  ["the same image among others", 304, withTag("If-None-Match", `"x", W/${TAG}`)],
  ["another image", 200, withTag("If-None-Match", '"x"')],
  ["the same image again, a range of it", 304, withTag("If-None-Match", TAG, "0-9")],
  ["HEAD of the same image", 304, { method: "HEAD", ...withTag("If-None-Match", TAG) }],
  ["a date", 200, { fields: ["If-Modified-Since: Wed, 21 Oct 2099 07:28:00 GMT"] }],
  ["compression", 200, { fields: ["Accept-Encoding: gzip, br"] }],
  ["what curl sends", 206, range("bytes=9-", "User-Agent: curl/8.9.1", "Accept: */*")],
  ["keep-alive", 206, range("bytes=9-10", "Connection: Keep-Alive")],
  ["the end of the connection", 206, range("bytes=9-10", "Connection: close")],
  ["HTTP/1.0", 200, { version: "1.0" }],
  ["HTTP/1.0 that stays", 206, {
    version: "1.0",
    ...range("bytes=9-10", "Connection: keep-alive"),
  }],
  ["ESP8266httpUpdate", 200, { version: "1.0", ...range("bytes=5-9", "x-ESP8266-mode: sketch") }],
  ["an ESP over HTTP/1.1", 206, range("bytes=5-9", "x-ESP8266-mode: sketch")],
  // Who asks.
  ["Basic", 206, { login: "Basic {pump-7:pump-7}", ...range("bytes=0-9") }],
  ["Basic with another name", 401, { login: "Basic {pump-8:pump-7}" }],
  ["bearer in lowercase", 206, { login: "bearer {pump-7}", ...range("bytes=0-9") }],
  ["bearer with two blanks", 401, { login: "Bearer  {pump-7}" }],
  ["a token and a hard blank", 401, { login: "Bearer {pump-7}\xa0" }],
  ["the operator", 200, { login: `Bearer ${OPERATOR}` }],
  ["the operator, a range", 206, { login: `Bearer ${OPERATOR}`, ...range("bytes=0-9") }],
  ["the operator, HEAD", 200, { login: `Bearer ${OPERATOR}`, method: "HEAD" }],
  ["the operator with a name", 401, { login: `Basic ${btoa(`operator:${OPERATOR}`)}` }],
  ["a wrong token", 401, { login: "Bearer wrong" }],
  ["no token", 401, { login: null }],
  ["an empty token", 401, { login: "Bearer" }],
  ["another scheme", 401, { login: "Digest {pump-7}" }],
  ["another device", 404, { login: "Bearer {pump-8}" }],
  ["an image that is none", 404, { path: `/artifacts/${"0".repeat(64)}` }],
  ["uppercase digits", 422, { path: `/artifacts/${HEX.toUpperCase()}` }],
  ["too few digits", 422, { path: `/artifacts/${HEX.slice(1)}` }],
  ["a name that is none", 422, { path: `/artifacts/${HEX}/a~b` }],
  ["a step up", 404, { path: `/artifacts/${HEX}/..` }],
  ["a query", 200, { path: `/artifacts/${HEX}?a=b` }],
  ["its chunks", 200, { path: `/artifacts/${HEX}/chunks?size=64` }],
  ["one chunk", 200, { path: `/artifacts/${HEX}/chunks/1?size=64` }],
  ["DELETE", 405, { method: "DELETE" }],
  ["two hosts", 400, { fields: ["Host: x"] }],
];

/** What is answered on a fresh connection, asked twice: the second time the device is known there. */
async function answers(port: number, text: string, isHead: boolean): Promise<RawAnswer[]> {
  await using peer = await Peer.connect(port);
  const answers: RawAnswer[] = [];
  for (let stays = true; stays && answers.length < 2;) {
    await peer.send(text);
    const answer = await peer.answer(isHead);
    answers.push(answer);
    stays = answer.fields.connection === "keep-alive";
  }
  return answers;
}

/** The order of fields says nothing (RFC 9110 §5.3). */
function shown({ head, body }: RawAnswer): string[] {
  const [line, ...fields] = head.replace(/^(Date: ).*GMT\r$/m, "$1now\r").split("\r\n");
  return [line!, ...fields.sort(), sha256(body), String(body.length)];
}

function loginOf(login: string, tokens: Readonly<Record<string, string>>): string {
  const [, basic] = /^Basic \{(.*)\}$/.exec(login) ?? [];
  if (!basic) return login.replace(/\{(.*)\}/, (_, device) => tokens[device]!);
  const [name, device] = basic.split(":");
  return `Basic ${btoa(`${name}:${tokens[device!]}`)}`;
}

function textOf(asked: Asked, tokens: Readonly<Record<string, string>>): string {
  const { method = "GET", path = `/artifacts/${HEX}`, version = "1.1", fields = [] } = asked;
  const { login = "Bearer {pump-7}" } = asked;
  const own = login === null ? [] : [`Authorization: ${loginOf(login, tokens)}`];
  return requestText(`${method} ${path} HTTP/${version}`, [...own, ...fields]);
}

Deno.test("the lane answers as the application does", async (t) => {
  await onLane(async (lane) => {
    const other = await lane.stage.json("POST", "/devices", { device_id: "pump-8" });
    const tokens = { "pump-7": lane.token, "pump-8": other.body.token };
    let taken = 0;
    for (const [what, status, asked = {}] of rows) {
      await t.step(`${status} for ${what}`, async () => {
        const text = textOf(asked, tokens);
        const isHead = asked.method === "HEAD";
        const [mine, theirs] = [
          await answers(lane.listener.port, text, isHead),
          await answers(lane.plain.port, text, isHead),
        ];
        assert.deepEqual(mine.map((answer) => answer.status), theirs.map(() => status));
        assert.deepEqual(mine.map(shown), theirs.map(shown));
        if (status < 300 && readHead(text)) taken++;
        // R10: some clients have no room for more.
        for (const { head } of mine) assert.ok(head.length < 512, `${head.length} bytes of head`);
      });
    }
    assert.ok(taken > 30, `only ${taken} were answered on the lane`);
  }, { size: SIZE });
});

Deno.test("the lane answers as the application does of images whose size is a chunk's, and one byte more", async (t) => {
  await onLane(async (lane) => {
    lane.stage.openArtifacts = true;
    for (const size of [1, 65_536, 65_537]) {
      const body = imageOf(size);
      const uploaded = await lane.stage.request("PUT", `/firmware/1.0.${size}`, { body });
      await uploaded.body?.cancel();
      const path = `/artifacts/${sha256(body)}`;
      for (const range of [undefined, "0-65535", "65536-", "0-", "-1"]) {
        for (const method of ["HEAD", "GET"]) {
          const asked = {
            method,
            path,
            fields: range === undefined ? [] : [`Range: bytes=${range}`],
          };
          await t.step(`${method} of ${range ?? "all"} of ${size}`, async () => {
            const text = textOf(asked, { "pump-7": lane.token });
            assert.ok(readHead(text));
            const isHead = method === "HEAD";
            const mine = await answers(lane.listener.port, text, isHead);
            const theirs = await answers(lane.plain.port, text, isHead);
            assert.deepEqual(mine.map(shown), theirs.map(shown));
          });
        }
      }
    }
  }, { size: SIZE });
});
