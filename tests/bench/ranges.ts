/** Ranges of an image, asked for by devices over connections that are kept. */
import { pathOf } from "../support/program.ts";
import { Figures } from "./figures.ts";
import type { Figure, Setting } from "./figures.ts";
import type { Serve } from "./serve.ts";

/** One KiB, in bytes. */
export const KIB = 1_024;
/** Bytes of the image. */
export const IMAGE_BYTES = 8 * KIB * KIB;
/** Each has its share of the connections: a device has 16 downloads at once at most. */
const DEVICES = 4;
/** Of all devices. */
export const CONNECTIONS = 32;
const SCRIPT = new URL("./scripts/ranges.lua", import.meta.url).pathname;

/** Devices, and where they fetch their image. */
export interface Fleet {
  readonly url: string;
  readonly tokens: readonly string[];
}

/** What is asked for, of whom. */
export interface Asked extends Fleet {
  readonly rangeBytes: number;
  readonly seconds: number;
}

/** Bytes like those of an image, in memory and as a file for a server that sends files. */
export async function imageIn(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = crypto.getRandomValues(new Uint8Array(64 * KIB));
  const image = new Uint8Array(IMAGE_BYTES);
  for (let at = 0; at < IMAGE_BYTES; at += bytes.length) image.set(bytes, at);
  await Deno.mkdir(folder);
  await Deno.writeFile(`${folder}/image`, image);
  return image;
}

/** nginx alone: it sends what lies in the folder. */
export function siteOf(folder: string, port: number): string {
  return `server {
  listen 127.0.0.1:${port};
  root ${folder};
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
}`;
}

/** Devices that are to have the image, in the middle of their download. */
export async function fleet(
  { operator, httpUrl }: Serve,
  image: Uint8Array<ArrayBuffer>,
): Promise<Fleet> {
  const checksum = await operator.upload("2.0.0", image);
  const url = `${httpUrl}/artifacts/${checksum.replace("sha256:", "")}`;
  const tokens: string[] = [];
  for (let n = 0; n < DEVICES; n++) {
    const token = await operator.register(`device-${n}`);
    await operator.order(`device-${n}`, "2.0.0", checksum);
    const headers = { authorization: `Bearer ${token}` };
    const asks = { method: "POST", headers, body: "{}" };
    await (await fetch(`${httpUrl}/ota/device-${n}/request`, asks)).body?.cancel();
    const range = { ...headers, range: "bytes=0-9" };
    await (await fetch(url, { headers: range })).body?.cancel();
    tokens.push(token);
  }
  return { url, tokens };
}

/** Ranges of these sizes a second, in turns with the nginx on that port, which is called so. */
export async function besideNginx(
  { isQuick, runs, say }: Setting,
  sizes: readonly number[],
  fleet: Fleet,
  port: number,
  called: string,
): Promise<Figure[]> {
  const figures = new Figures();
  const alone = { url: `http://127.0.0.1:${port}/image`, tokens: ["none"] };
  const seconds = isQuick ? 1 : 3;
  for (const rangeBytes of isQuick ? sizes.slice(0, 1) : sizes) {
    for (let run = 1; run <= runs; run++) {
      const name = `${rangeBytes / KIB} KiB`;
      say(`${name}, run ${run}`);
      const theirs = await rate({ ...alone, rangeBytes, seconds });
      const ours = await rate({ ...fleet, rangeBytes, seconds });
      figures.add(name, "requests/s", ours);
      figures.add(`${name}, ${called}`, "requests/s", theirs);
      figures.add(`${name}, to ${called}`, "×", ours / theirs);
    }
  }
  return figures.list();
}

/** Requests a second. @throws {Error} when not every one of them was answered with its bytes. */
export async function rate({ url, tokens, rangeBytes, seconds }: Asked): Promise<number> {
  const { stdout } = await new Deno.Command((await pathOf("wrk"))!, {
    args: [`-t${DEVICES}`, `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", SCRIPT, url],
    env: {
      RANGE_BYTES: String(rangeBytes),
      IMAGE_BYTES: String(IMAGE_BYTES),
      TOKENS: tokens.join(" "),
    },
    signal: AbortSignal.timeout(1_000 * seconds + 10_000),
  }).output();
  return rateSaid(new TextDecoder().decode(stdout), rangeBytes);
}

/** The requests a second, as wrk says them. @throws {Error} as {@link rate}: an empty answer is none. */
export function rateSaid(said: string, rangeBytes: number): number {
  const [, requests, amount, unit = ""] =
    /(\d+) requests in .*, ([\d.]+)([KMGT]?)B read/.exec(said) ?? [];
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(said)?.[1];
  // It rounds to two digits behind the point.
  const read = 1.01 * Number(amount) * KIB ** " KMGT".indexOf(unit || " ");
  const isWhole = read >= Number(requests) * rangeBytes;
  if (!perSecond || !isWhole || /Non-2xx|Socket errors/.test(said)) {
    throw new Error(`wrk said:\n${said}`);
  }
  return Number(perSecond);
}
