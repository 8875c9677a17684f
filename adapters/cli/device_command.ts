/** `deno task device`: its flags, most of them faults of the virtual device. */
import { count, parseCommand, required, text, textOr, toggle, UsageError } from "./args.ts";
import type { Values } from "./args.ts";
import { checkUrl } from "./check_url.ts";
import { choice } from "./choice.ts";

const BYTES_MAX = 2 ** 40;

const byte = (help: string) => count(help, undefined, 0, BYTES_MAX);

/** The command. */
export const device = {
  name: "device",
  summary: "One virtual device that really downloads, checks and boots, until one task has ended.",
  notes: [
    "It waits for a task, goes on trying when it cannot connect, and ends after one task. Exit code 0:",
    "the task succeeded; 1: it ended otherwise, or the broker refused the device; 2: a wrong flag.",
    "It speaks MQTT and fetches by what the engine recommends. While that fails, it goes on by the other",
    "transport at the byte where it stopped; with --transport mqtt or http it has that one only.",
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
    transport: choice("WORD", ["auto", "mqtt", "http"], "What it reports and fetches by [auto]"),
    "cut-at": byte("Lose all connections once when so many bytes have been received"),
    "switch-at": byte("Do everything by the other transport when so many bytes have been received"),
    "restart-at": byte("Lose power once then, and come back with what was stored"),
    "corrupt-chunk": count("Store this chunk wrongly, once", undefined, 0, 65_535),
    "corrupt-always": toggle("Store the first chunk wrongly in every attempt"),
    lie: choice("WORD", ["right-digest", "wrong-digest"], "Report, whatever is stored, the"),
    "silent-after": choice(
      "PHASE",
      ["metadata", "downloading", "verified", "rebooting"],
      "Do and say nothing more after",
    ),
    "after-reboot": choice(
      "WORD",
      ["silent", "old-version", "rolled-back"],
      "Not report the new version, but be",
    ),
    "reports-twice": toggle("Say every report twice, under one id"),
    "out-of-order": toggle("Say progress and the reboot after the report that comes next"),
    json: toggle("Print events as JSON lines"),
  },
};

/** What `device` is told: each of its flags, in camel case, and where to go. */
export type DeviceCommand =
  & Camelled<Omit<Values<typeof device.flags>, "url" | "mqtt" | "device">>
  & { readonly id: string; readonly httpUrl: string; readonly mqttUrl: string };

/** @throws {UsageError} */
export function parseDevice(args: string[]): DeviceCommand {
  const { url, mqtt, device: id, ...flags } = parseCommand(device, args);
  const httpUrl = checkUrl("url", url);
  const broker = mqtt ?? `${new URL(httpUrl).hostname}:1883`;
  if (!/^[^/\s]+:\d{1,5}$/.test(broker)) {
    throw new UsageError(`--mqtt must be HOST:PORT such as 127.0.0.1:1883, not "${broker}".`);
  }
  return { ...camelled(flags), id, httpUrl, mqttUrl: `mqtt://${broker}` };
}

type Camelled<F> = { readonly [N in keyof F as Camel<N & string>]: F[N] };
type Camel<N extends string> = N extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}`
  : N;

/** Options have the names of their flags. */
function camelled<F extends object>(flags: F): Camelled<F> {
  const renamed = Object.entries(flags).map(([name, value]) => [
    name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(renamed);
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
