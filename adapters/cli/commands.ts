/** The commands and their flags. */
import {
  count,
  hostPort,
  parseCommand,
  required,
  text,
  textOr,
  toggle,
  UsageError,
} from "./args.ts";
import type { HostPort } from "./args.ts";

const data = textOr("DIR", "./data", "The data folder");

const serve = {
  name: "serve",
  summary: "Start the engine with its embedded MQTT broker.",
  flags: {
    data,
    http: hostPort("127.0.0.1:8000", "Where operators and downloads come in"),
    mqtt: hostPort("127.0.0.1:1883", "Where devices come in"),
    "public-url": text("URL", "The URL under which devices reach --http"),
    insecure: toggle("Listen on other than loopback addresses without TLS"),
    "open-artifacts": toggle("Let every registered device fetch every image"),
    "device-requests": textOr("allow|deny", "allow", "May devices ask for a version by themselves"),
  },
};

const demo = {
  name: "demo",
  summary: "An engine and virtual devices in one terminal: one real image to the next.",
  flags: {
    devices: count("How many devices", 5, 1, 200),
    firmware: text("FILE", "An image of your own"),
    data: text("DIR", "Keep the log there [a temporary folder]"),
  },
};

const replay = {
  name: "replay",
  summary: "Decide a log again: outcomes, hashes and read models must come out the same.",
  flags: {
    data,
    device: text("ID", "Show the history of this device, too"),
    json: toggle("Print the result as JSON"),
  },
};

const device = {
  name: "device",
  summary: "One virtual device that really downloads, checks and boots, until one task has ended.",
  notes: [
    "It waits for a task, goes on trying when it cannot connect, and ends after one task. Exit code 0:",
    "the task succeeded; 1: it ended otherwise, or the broker refused the device; 2: a wrong flag.",
    "Flags can be seen by others in the list of processes: keep the token out of them with",
    "--token-file or with OTALOG_DEVICE_TOKEN in the environment. --token wins, then the file.",
  ],
  flags: {
    url: required("URL", "The engine, such as http://127.0.0.1:8000 (names the MQTT host, too)"),
    mqtt: text("HOST:PORT", "The broker [the host of --url, port 1883]"),
    device: required("ID", "The id of the device"),
    token: text("TOKEN", "Its token [OTALOG_DEVICE_TOKEN]"),
    "token-file": text("FILE", "A file with its token"),
    folder: textOr("DIR", "./data/devices", "Where it keeps image and state"),
    version: text("VERSION", "The version that runs when the folder is new"),
    product: text("NAME", "What it says it is"),
    "chunk-bytes": count("The chunk size it asks for", undefined, 256, 16_777_216),
    "cut-at": count(
      "Lose both connections once when so many bytes have been received",
      undefined,
      0,
      2 ** 40,
    ),
    "corrupt-chunk": count("Store this chunk wrongly, once", undefined, 0, 65_535),
    "corrupt-always": toggle("Store the first chunk wrongly in every attempt"),
    json: toggle("Print events as JSON lines"),
  },
};

/** The operators' commands; their flags are declared with them. */
const ota = { name: "ota", summary: "Operate a running engine: devices, firmware, upgrades." };

const all = [serve, demo, replay, device, ota];

/** What `serve` is told. */
export interface ServeOptions {
  readonly data: string;
  readonly http: HostPort;
  readonly mqtt: HostPort;
  readonly publicUrl: string | undefined;
  readonly openArtifacts: boolean;
  readonly deviceRequests: "allow" | "deny";
}

/** @throws {UsageError} for addresses that are not safe or not usable by devices. */
export function parseServe(args: string[]): ServeOptions {
  const given = parseCommand(serve, args);
  const { data, http, mqtt, insecure, "public-url": publicUrl } = given;
  for (const [flag, { host }] of Object.entries({ http, mqtt })) {
    if (!isLoopback(host) && !insecure) {
      throw new UsageError(
        `--${flag} ${host} can be reached from outside, and TLS is not configured. ` +
          "Put a proxy with TLS before a loopback address, or accept it with --insecure.",
      );
    }
  }
  if (["0.0.0.0", "::"].includes(http.host) && publicUrl === undefined) {
    throw new UsageError(
      `Devices cannot use ${http.host}. Say how they reach it with --public-url.`,
    );
  }
  return {
    data,
    http,
    mqtt,
    publicUrl: publicUrl === undefined ? undefined : checkUrl("public-url", publicUrl),
    openArtifacts: given["open-artifacts"],
    deviceRequests: allowOrDeny("device-requests", given["device-requests"]),
  };
}

/** What `demo` is told. */
export interface DemoOptions {
  readonly devices: number;
  readonly firmware: string | undefined;
  readonly data: string | undefined;
}

/** @throws {UsageError} */
export function parseDemo(args: string[]): DemoOptions {
  return parseCommand(demo, args);
}

/** What `replay` is told. */
export interface ReplayOptions {
  readonly data: string;
  readonly device: string | undefined;
  readonly json: boolean;
}

/** @throws {UsageError} */
export function parseReplay(args: string[]): ReplayOptions {
  return parseCommand(replay, args);
}

/** What `device` is told. */
export interface DeviceCommand {
  readonly mqttUrl: string;
  readonly id: string;
  /** The token itself, if it was given as a flag. */
  readonly token: string | undefined;
  /** The file it is in. */
  readonly tokenFile: string | undefined;
  readonly folder: string;
  readonly version: string | undefined;
  readonly product: string | undefined;
  readonly chunkBytes: number | undefined;
  readonly cutAt: number | undefined;
  readonly corruptChunk: number | undefined;
  readonly corruptAlways: boolean;
  readonly json: boolean;
}

/** @throws {UsageError} */
export function parseDevice(args: string[]): DeviceCommand {
  const given = parseCommand(device, args);
  const { hostname } = new URL(checkUrl("url", given.url));
  const { device: id, token, folder, version, product, json } = given;
  return {
    mqttUrl: `mqtt://${given.mqtt ?? `${hostname}:1883`}`,
    id,
    token,
    tokenFile: given["token-file"],
    folder,
    version,
    product,
    json,
    chunkBytes: given["chunk-bytes"],
    cutAt: given["cut-at"],
    corruptChunk: given["corrupt-chunk"],
    corruptAlways: given["corrupt-always"],
  };
}

/**
 * The device's token: the flag, else what the file holds, else what the environment says.
 *
 * @throws {UsageError} when there is none, or the file cannot be read.
 */
export async function deviceToken(
  { token, tokenFile }: Pick<DeviceCommand, "token" | "tokenFile">,
  fromEnvironment: string | undefined,
): Promise<string> {
  const found = token ?? (tokenFile === undefined ? fromEnvironment : await readToken(tokenFile));
  if (found) return found;
  throw new UsageError(
    "The device's token is missing. " +
      "Give it as --token TOKEN, in a --token-file FILE, or in OTALOG_DEVICE_TOKEN.",
  );
}

async function readToken(file: string): Promise<string> {
  try {
    return (await Deno.readTextFile(file)).trim();
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`Cannot read ${file}: ${message}. Name another with --token-file.`);
  }
}

/** For somebody who asks for a command that there is not. */
export function unknownCommand(name: string): UsageError {
  const names = all.map(({ name }) => name);
  return new UsageError(
    `There is no command ${name}. There are ${names.slice(0, -1).join(", ")} and ${names.at(-1)}.`,
  );
}

/** What there is, for somebody who asks for nothing in particular. */
export function overview(): string {
  const rows = all.map(({ name, summary }) => `  deno task ${name.padEnd(8)} ${summary}`);
  return ["otalog: firmware updates for fleets, with a history that can be proved", "", ...rows]
    .join("\n");
}

function allowOrDeny(flag: string, given: string): "allow" | "deny" {
  if (given === "allow" || given === "deny") return given;
  throw new UsageError(`--${flag} must be allow or deny, not "${given}".`);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** @throws {UsageError} unless paths can be put behind it, and everybody may read it. */
function checkUrl(flag: string, url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.username || parsed?.password) {
    throw new UsageError(`--${flag} must be without user name and password: it is no secret.`);
  }
  if (!parsed || !/^https?:$/.test(parsed.protocol) || /[?#]/.test(url)) {
    throw new UsageError(
      `--${flag} must be a URL such as http://ota.example:8000, without ? and #, not "${url}".`,
    );
  }
  return parsed.href.replace(/\/+$/, "");
}
