/** What `broker-config mosquitto` takes. */
import { resolve } from "node:path";
import { hostPort, parseCommand, text, toggle, UsageError } from "../args.ts";
import type { Values } from "../args.ts";
import { isLoopback } from "../loopback.ts";
import { connectionFlags } from "../ota/connection.ts";
import type { ConfOptions } from "./conf.ts";

/** The command. */
export const mosquitto = {
  name: "broker-config mosquitto",
  summary: "A Mosquitto configuration in which a device reaches its own topics only.",
  notes: [
    "Without --out the configuration and the ACL are printed, and no engine is needed. With it they are",
    "written beside the password files, which hold what the engine's registry says: Mosquitto 2 knows",
    "no other way. Mosquitto's user must be able to read these files, and to write its database and pid",
    "file into the folder; owner and mode of a file that is there are kept (new password files: 0640).",
    "",
    "--watch follows the registry: it writes the passwords anew soon after each change and sends SIGHUP",
    "to the process in --pid. Mosquitto then lets in who is new, and cuts who is revoked or has a new",
    "token. It holds one password for each device: an overlap of two tokens ends with the next SIGHUP.",
    "",
    "An otalog.conf that is there is kept unless a flag says what should be in it; other listeners need",
    "a restart of Mosquitto. The device may not be called otalog: that is the engine's name there.",
    "",
    "Exit code 0: in step, or watched until SIGINT or SIGTERM; 1: the engine or a file could not be",
    "used; 2: a wrong flag.",
  ],
  flags: {
    out: text("DIR", "Write the files there [print two of them]"),
    watch: toggle("Keep the passwords in --out in step until interrupted"),
    devices: hostPort("127.0.0.1:1883", "Where devices come in"),
    engine: hostPort("127.0.0.1:1884", "Where the engine alone comes in"),
    cert: text("FILE", "TLS for devices: the certificate (chain) in PEM"),
    key: text("FILE", "TLS for devices: its key"),
    insecure: toggle("Listen on other than loopback addresses without TLS"),
    "no-persistence": toggle("Keep no database: nothing outlives a restart of Mosquitto"),
    pid: text("FILE", "Where Mosquitto writes its process id [mosquitto.pid in --out]"),
    ...connectionFlags,
    json: toggle("Print what is done as JSON, one object per line"),
  },
};

/** What the command was told. */
export interface MosquittoOptions {
  readonly given: Values<typeof mosquitto.flags>;
  readonly conf: ConfOptions;
  /** The folder to write to, as it was given. */
  readonly out: string | undefined;
  /** A flag says what should be in the configuration. */
  readonly isConfTold: boolean;
}

/** Where distributions look for such files, when none are written. */
const FOLDER = "/etc/mosquitto";
const DATABASE = "/var/lib/mosquitto";

const CONF_FLAGS = /^--(devices|engine|cert|key|no-persistence|pid)(=|$)/;

/** @throws {UsageError | HelpWanted} */
export function parseBrokerConfig(args: string[]): MosquittoOptions {
  const given = parseCommand(mosquitto, args);
  const { out, watch, devices, engine, cert, key, pid } = given;
  if (watch && out === undefined) {
    throw new UsageError("--watch needs a folder whose passwords it keeps in step: --out DIR.");
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--cert and --key belong together: give both, or none.");
  }
  const tls = cert === undefined || key === undefined
    ? undefined
    : { cert: resolve(cert), key: resolve(key) };
  checkListeners(given);
  const folder = out === undefined ? FOLDER : resolve(out);
  const database = out === undefined ? DATABASE : folder;
  const pidFile = pid === undefined ? out && `${folder}/mosquitto.pid` : resolve(pid);
  return {
    given,
    out,
    isConfTold: args.some((arg) => CONF_FLAGS.test(arg)),
    conf: {
      devices,
      engine,
      tls,
      folder,
      database: given["no-persistence"] ? undefined : database,
      pid: pidFile,
    },
  };
}

function checkListeners(given: MosquittoOptions["given"]): void {
  const { devices, engine, cert, insecure } = given;
  for (const [flag, { host, port }] of Object.entries({ devices, engine })) {
    if (port === 0) throw new UsageError(`--${flag} needs a port from 1 to 65535.`);
    const isSafe = isLoopback(host) || flag === "devices" && cert !== undefined;
    if (isSafe || insecure) continue;
    const remedy = flag === "devices" ? "Give --cert and --key" : "Use a loopback address";
    throw new UsageError(
      `--${flag} ${host} can be reached from outside without TLS. ` +
        `${remedy}, or accept it with --insecure.`,
    );
  }
  const isShared = [devices.host, engine.host].some((host) => host === "0.0.0.0" || host === "::");
  if (devices.port === engine.port && (isShared || devices.host === engine.host)) {
    throw new UsageError("--devices and --engine need ports of their own.");
  }
}
