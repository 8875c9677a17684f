/** The commands and their flags. */
import { logPoint } from "../../core/mod.ts";
import type { LogPoint } from "../../core/mod.ts";
import type { FairShareOptions } from "../../core/network/mod.ts";
import { backup, restore } from "./backup/options.ts";
import { brokerFlags, brokerOf } from "./broker_flags.ts";
import type { ExternalBroker } from "./broker_flags.ts";
import {
  count,
  hostPort,
  ifGiven,
  parseCommand,
  text,
  textOr,
  toggle,
  UsageError,
} from "./args.ts";
import type { HostPort } from "./args.ts";
import { checkpointFlags, checkpointsOf } from "./checkpoint_flags.ts";
import type { CheckpointOptions } from "./checkpoint_flags.ts";
import { checkUrl } from "./check_url.ts";
import { maybeWord, read } from "./checked_args.ts";
import { choice } from "./choice.ts";
import { device } from "./device_command.ts";
import { jobs, jobsDefault } from "./workers/jobs.ts";
import { isLoopback } from "./loopback.ts";
import { erase } from "./erase/options.ts";
import { archive } from "./export/archive_options.ts";
import { exportLog } from "./export/options.ts";
import { simulate } from "./simulate/options.ts";
import { verify } from "./verify/options.ts";

const DATA_DEFAULT = "./data";
const data = textOr("DIR", DATA_DEFAULT, "The data folder");

const OFFLOADS = ["x-accel-redirect", "x-sendfile"] as const;
const rate = (whose: string) => count(`Bytes per second for ${whose}`, undefined, 1_024, 1e12);

const serve = {
  name: "serve",
  summary: "Start the engine, with its embedded MQTT broker or behind one of your own.",
  flags: {
    data,
    http: hostPort("127.0.0.1:8000", "Where operators and downloads come in"),
    mqtt: ifGiven(hostPort("127.0.0.1:1883", "Where devices come in")),
    ...brokerFlags,
    "public-url": text("URL", "The URL under which devices reach --http"),
    insecure: toggle("Listen on other than loopback addresses without TLS"),
    "device-rate": rate("a device that fetches more than one image"),
    "fleet-rate": rate("all devices together; who must wait is told how long"),
    offload: choice("WORD", OFFLOADS, "The proxy before --http sends the images"),
    "open-artifacts": toggle("Let every registered device fetch every image"),
    "device-requests": choice(
      "WORD",
      ["allow", "deny"],
      "May devices ask for a version by themselves [allow]",
    ),
    ...checkpointFlags,
    "take-over": toggle("Go on with a log of another version, whatever this one decides otherwise"),
  },
};

const demo = {
  name: "demo",
  summary: "An engine and virtual devices in one terminal: one real image to the next.",
  notes: [
    "Most devices are honest, some lose connections or power, some misbehave: they fall silent, boot",
    "the old image, lie. Exit code 0: every honest device runs the new version, every other one ended",
    "as it must, and the log replays clean; 1: not so; 2: a wrong flag.",
  ],
  flags: {
    devices: count("How many devices", 25, 1, 200),
    firmware: text("FILE", "An image of your own"),
    data: text("DIR", "Keep the log there [a temporary folder]"),
  },
};

const replay = {
  name: "replay",
  summary: "Decide a log again: outcomes, hashes and read models must come out the same.",
  words: { file: maybeWord("LOG.jsonl", "An exported log, in place of --data") },
  notes: [
    "An exported log has rows alone: there are no read models in it to compare. Nor are they compared",
    "with --at, since they are those of the end. Exit code 0: everything came out the same; 1: something",
    "did not, or cannot be read, or no row of the whole log is about --device; 2: a wrong flag.",
  ],
  flags: {
    data: ifGiven(data),
    device: text("ID", "Show the history of this device, too"),
    at: read("TIME|SEQ", "Up to that time or row only; of --device, its state then", logPoint),
    jobs: jobs("Parts of an exported log that are decided at once"),
    json: toggle("Print the result as JSON"),
  },
};

/** The operators' commands; their flags are declared with them. */
const ota = { name: "ota", summary: "Operate a running engine: devices, firmware, upgrades." };

/** What other programs need; the flags are declared with each broker. */
const brokerConfig = {
  name: "broker-config",
  summary: "Configure a broker of your own: ACL, limits, and passwords in step with the registry.",
};

const all = [
  serve,
  demo,
  replay,
  exportLog,
  verify,
  archive,
  backup,
  restore,
  erase,
  simulate,
  device,
  ota,
  brokerConfig,
];

const MQTT_DEFAULT: HostPort = { host: "127.0.0.1", port: 1883 };

/** What `serve` is told. */
export interface ServeOptions extends Partial<CheckpointOptions> {
  readonly data: string;
  readonly http: HostPort;
  readonly mqtt: HostPort;
  /** A broker of the team's own, in place of the embedded one. */
  readonly broker?: ExternalBroker | undefined;
  readonly publicUrl: string | undefined;
  readonly openArtifacts: boolean;
  /** What a device and the fleet may fetch. */
  readonly rates?: FairShareOptions | undefined;
  /** How a proxy is told to send the bytes of an image. */
  readonly offload?: (typeof OFFLOADS)[number] | undefined;
  readonly deviceRequests: "allow" | "deny";
  /** A log of another version is gone on with, whatever this one decides otherwise. */
  readonly takeOver?: boolean;
}

/** @throws {UsageError} for addresses that are not safe or not usable by devices. */
export function parseServe(args: string[]): ServeOptions {
  const given = parseCommand(serve, args);
  const { data, http, insecure, "public-url": publicUrl } = given;
  const broker = brokerOf(given);
  if (broker && given.mqtt) {
    throw new UsageError("Devices come in by --broker or by --mqtt. Leave out one of them.");
  }
  const { mqtt = MQTT_DEFAULT } = given;
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
  if (given.offload && publicUrl === undefined) {
    throw new UsageError(
      "With --offload a proxy sends the images. Say with --public-url where devices reach it.",
    );
  }
  return {
    data,
    http,
    mqtt,
    broker,
    publicUrl: publicUrl === undefined ? undefined : checkUrl("public-url", publicUrl),
    openArtifacts: given["open-artifacts"],
    rates: ratesOf(given["device-rate"], given["fleet-rate"]),
    offload: given.offload,
    deviceRequests: given["device-requests"] ?? "allow",
    takeOver: given["take-over"],
    ...checkpointsOf(given),
  };
}

/** Without either nobody is made to wait. */
function ratesOf(deviceBytesPerS?: number, fleetBytesPerS?: number): FairShareOptions | undefined {
  const isLimited = deviceBytesPerS !== undefined || fleetBytesPerS !== undefined;
  return isLimited ? { deviceBytesPerS, fleetBytesPerS } : undefined;
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
  /** The data folder. */
  readonly data: string;
  /** An exported log, in place of the data folder. */
  readonly file: string | undefined;
  readonly device: string | undefined;
  /** What lies behind it is not decided. */
  readonly at?: LogPoint | undefined;
  readonly json: boolean;
  /** How much of an exported log is decided at once. */
  readonly jobs: number;
}

/** @throws {UsageError} */
export function parseReplay(args: string[]): ReplayOptions {
  const given = parseCommand(replay, args);
  if (given.file !== undefined && given.data !== undefined) {
    throw new UsageError(
      "A log is in LOG.jsonl or in the folder of --data. Leave out one of them.",
    );
  }
  return { ...given, data: given.data ?? DATA_DEFAULT, jobs: given.jobs ?? jobsDefault() };
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
  const rows = all.map(({ name, summary }) => `  deno task ${name.padEnd(13)} ${summary}`);
  return ["otalog: firmware updates for fleets, with a history that can be proved", "", ...rows]
    .join("\n");
}
