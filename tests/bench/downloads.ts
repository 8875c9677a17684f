/** Ranges of an image a second, beside what nginx gives of the same file to the same client. */
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/free_port.ts";
import { pathOf } from "../support/program.ts";
import { Figures } from "./figures.ts";
import type { Measurement } from "./figures.ts";
import { serve } from "./serve.ts";
import type { Serve } from "./serve.ts";

const KIB = 1_024;
const SIZES = [4 * KIB, 64 * KIB, 512 * KIB];
const IMAGE_BYTES = 8 * KIB * KIB;
/** Each has its share of the connections: a device has 16 downloads at once at most. */
const DEVICES = 4;
const CONNECTIONS = 32;
const SCRIPT = new URL("./scripts/ranges.lua", import.meta.url).pathname;

/** What is asked for, of whom. */
interface Asked {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly rangeBytes: number;
  readonly seconds: number;
}

/** Requests for ranges over connections that are kept, in turns with nginx. */
export const downloads: Measurement = {
  name: "downloads",
  summary: `Ranges a second over ${CONNECTIONS} connections, beside nginx with two workers`,
  needs: ["nginx", "wrk"],
  run: async ({ isQuick, runs, folder, say }) => {
    const figures = new Figures();
    const bytes = crypto.getRandomValues(new Uint8Array(64 * KIB));
    const image = new Uint8Array(IMAGE_BYTES);
    for (let at = 0; at < IMAGE_BYTES; at += bytes.length) image.set(bytes, at);
    await Deno.mkdir(`${folder}/files`);
    await Deno.writeFile(`${folder}/files/image`, image);
    const port = await freePort();
    await using _nginx = await startNginx(folder, siteOf(`${folder}/files`, port), port);
    await using engine = await serve(`${folder}/data`);
    const { path, tokens } = await fleet(engine, image);
    const seconds = isQuick ? 1 : 3;
    for (const rangeBytes of isQuick ? SIZES.slice(0, 1) : SIZES) {
      for (let run = 1; run <= runs; run++) {
        const name = `${rangeBytes / KIB} KiB`;
        say(`${name}, run ${run}`);
        const asked = { rangeBytes, seconds };
        const theirs = await rate({
          ...asked,
          url: `http://127.0.0.1:${port}/image`,
          tokens: ["none"],
        });
        const ours = await rate({ ...asked, url: engine.httpUrl + path, tokens });
        figures.add(name, "requests/s", ours);
        figures.add(`${name}, nginx`, "requests/s", theirs);
        figures.add(`${name}, to nginx`, "×", ours / theirs);
      }
    }
    return figures.list();
  },
};

function siteOf(folder: string, port: number): string {
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
async function fleet(
  { operator, httpUrl }: Serve,
  image: Uint8Array<ArrayBuffer>,
): Promise<{ path: string; tokens: string[] }> {
  const checksum = await operator.upload("2.0.0", image);
  const path = `/artifacts/${checksum.replace("sha256:", "")}`;
  const tokens: string[] = [];
  for (let n = 0; n < DEVICES; n++) {
    const token = await operator.register(`device-${n}`);
    await operator.order(`device-${n}`, "2.0.0", checksum);
    const headers = { authorization: `Bearer ${token}` };
    const asks = { method: "POST", headers, body: "{}" };
    await (await fetch(`${httpUrl}/ota/device-${n}/request`, asks)).body?.cancel();
    const range = { ...headers, range: "bytes=0-9" };
    await (await fetch(httpUrl + path, { headers: range })).body?.cancel();
    tokens.push(token);
  }
  return { path, tokens };
}

/** Requests a second. @throws {Error} when not every one of them was answered with its bytes. */
async function rate({ url, tokens, rangeBytes, seconds }: Asked): Promise<number> {
  const { stdout } = await new Deno.Command((await pathOf("wrk"))!, {
    args: [`-t${DEVICES}`, `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", SCRIPT, url],
    env: {
      RANGE_BYTES: String(rangeBytes),
      IMAGE_BYTES: String(IMAGE_BYTES),
      TOKENS: tokens.join(" "),
    },
    signal: AbortSignal.timeout(1_000 * seconds + 10_000),
  }).output();
  const said = new TextDecoder().decode(stdout);
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(said)?.[1];
  if (!perSecond || /Non-2xx|Socket errors/.test(said)) throw new Error(`wrk said:\n${said}`);
  return Number(perSecond);
}
