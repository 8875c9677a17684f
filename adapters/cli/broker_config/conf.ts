/** Mosquitto's configuration, each setting with its reason. */
import { PART_BYTES_MAX, PAYLOAD_BYTES_MAX } from "../../../core/mod.ts";
import type { HostPort } from "../args.ts";

/** What the configuration depends on; all paths are absolute, as Mosquitto starts anywhere. */
export interface ConfOptions {
  readonly devices: HostPort;
  readonly engine: HostPort;
  /** For the devices' listener. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Where the ACL and the password files lie. */
  readonly folder: string;
  /** Where Mosquitto keeps its database; `undefined`: it keeps none. */
  readonly database: string | undefined;
  /** Where it writes its process id. */
  readonly pid: string | undefined;
}

/** Names of the files beside the configuration. */
export const FILES = {
  conf: "otalog.conf",
  acl: "otalog.acl",
  devices: "otalog.passwords",
  engine: "otalog.engine.passwords",
  /** The engine's own password, as the engine reads it. */
  secret: "engine.password",
} as const;

/** The text of the configuration file. */
export function mosquittoConf(options: ConfOptions): string {
  return [...general(options), ...devices(options), ...engine(options), ""].join("\n");
}

function general({ database, pid }: ConfOptions): string[] {
  return [
    "# Mosquitto for otalog, made by: deno task broker-config mosquitto",
    "",
    "# Each listener has its own users: no device enters where the engine does.",
    "per_listener_settings true",
    "",
    "# A report is news once: nothing may be retained. Who tries is disconnected.",
    "retain_available false",
    "# Bytes of a packet; who sends more is disconnected. It is what the engine gives of an image at",
    "# once, with room for the topic; and more than it takes, so that what is a little too large is",
    "# answered (too_large) instead of cut.",
    `max_packet_size ${PART_BYTES_MAX + PAYLOAD_BYTES_MAX}`,
    "",
    "# Messages under way to one client. The engine acknowledges what is on its disk, and takes many",
    "# reports into one write: with the default of 20 it would wait for the network in between.",
    "max_inflight_messages 1000",
    "# What waits for a client that is slow or away. While the engine is stopped Mosquitto acknowledges",
    "# reports in its place; beyond these limits it would drop them without a word, with the default",
    "# beyond 1000 of them. A million reports of 150 bytes take about 500 MB of memory.",
    "max_queued_messages 1000000",
    "max_queued_bytes 536870912",
    "# A session whose client stays away so long is forgotten, with what waits for it.",
    "persistent_client_expiration 7d",
    "",
    "# Small packets go out at once.",
    "set_tcp_nodelay true",
    "# Not each save of the database, which is what `information` would say.",
    "log_type error",
    "log_type warning",
    "log_type notice",
    ...(pid === undefined ? [] : ["", "# Whom to tell that passwords changed.", `pid_file ${pid}`]),
    "",
    ...persistence(database),
  ];
}

function persistence(database: string | undefined): string[] {
  if (database === undefined) {
    return ["# Nothing outlives a restart of Mosquitto.", "persistence false"];
  }
  return [
    "# Sessions and what waits in them outlive a restart. A crash loses what came since the database",
    "# was last written: up to 5 s, with the default of 1800 s half an hour of acknowledged reports.",
    "persistence true",
    `persistence_location ${database}/`,
    "autosave_interval 5",
  ];
}

function devices({ devices, tls, folder }: ConfOptions): string[] {
  const encryption = tls === undefined ? [] : [`certfile ${tls.cert}`, `keyfile ${tls.key}`];
  return [
    "",
    "# Devices: user name = device id, password = its token.",
    listener(devices),
    ...encryption,
    "# Whatever a client calls itself, its session is that of its user: no device takes over that of",
    "# another. So a device has one connection; of two, the newer stays.",
    "use_username_as_clientid true",
    "allow_anonymous false",
    `password_file ${folder}/${FILES.devices}`,
    `acl_file ${folder}/${FILES.acl}`,
    "max_connections 100000",
  ];
}

function engine({ engine, folder }: ConfOptions): string[] {
  return [
    "",
    "# The engine, and nobody else: it keeps several connections, each with a client id of its own.",
    listener(engine),
    "allow_anonymous false",
    `password_file ${folder}/${FILES.engine}`,
    `acl_file ${folder}/${FILES.acl}`,
    "max_connections 16",
  ];
}

function listener({ host, port }: HostPort): string {
  return `listener ${port} ${host}`;
}
