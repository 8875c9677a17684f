/** Where the broker of the team is: the flags of `serve` that begin with `--broker`. */
import { text, UsageError } from "./args.ts";
import type { Values } from "./args.ts";
import { choice } from "./choice.ts";

/** The flags. */
export const brokerFlags = {
  broker: text("URL", "A broker of your own, mqtt:// or mqtts://, in place of the embedded one"),
  "broker-password-file": text("FILE", "The password, if it is not in the URL"),
  "broker-ca": text("FILE", "The certificates that may speak for the broker [the system's]"),
  "broker-cert": text("FILE", "Our own certificate, for a broker that wants one"),
  "broker-key": text("FILE", "Its private key"),
  "broker-mqtt": choice("VERSION", ["5", "3.1.1"], "The version of MQTT [5, then 3.1.1]"),
};

/** A broker, and the files that tell more about it. */
export interface ExternalBroker {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Versions of MQTT as CONNECT names them, in the order in which they are tried. */
  readonly versions: readonly (4 | 5)[];
  readonly files: {
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
    readonly password: string | undefined;
  };
}

const EXAMPLE = "mqtts://otalog@broker.example:8883";

/** What the flags say; `undefined`: the embedded broker. @throws {UsageError} */
export function brokerOf(given: Values<typeof brokerFlags>): ExternalBroker | undefined {
  const { broker: url, "broker-password-file": password } = given;
  const { "broker-ca": ca, "broker-cert": cert, "broker-key": key, "broker-mqtt": mqtt } = given;
  if (url === undefined) {
    const lone = Object.entries(given).find(([name, value]) =>
      name.startsWith("broker-") && value !== undefined
    );
    if (lone) throw new UsageError(`--${lone[0]} needs a broker. Name it with --broker.`);
    return undefined;
  }
  const address = addressOf(url);
  if ((ca ?? cert ?? key) !== undefined && !address.isTls) {
    throw new UsageError("--broker-ca, --broker-cert and --broker-key need mqtts:// in --broker.");
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("--broker-cert and --broker-key go together. Give both.");
  }
  if (password !== undefined && address.password !== undefined) {
    throw new UsageError("The password is in --broker already. Leave out --broker-password-file.");
  }
  if ((password ?? address.password) !== undefined && address.username === undefined) {
    throw new UsageError(`A password needs a user name. Name it in --broker, as in ${EXAMPLE}.`);
  }
  const versions = mqtt === undefined
    ? [5, 4] as const
    : mqtt === "5"
    ? [5] as const
    : [4] as const;
  return { ...address, versions, files: { ca, cert, key, password } };
}

function addressOf(url: string): Omit<ExternalBroker, "versions" | "files"> {
  const parsed = URL.parse(url);
  const isTls = parsed?.protocol === "mqtts:";
  const isPlain = parsed && (isTls || parsed.protocol === "mqtt:") && parsed.hostname !== "" &&
    ["", "/"].includes(parsed.pathname) && !parsed.search && !parsed.hash;
  if (!isPlain) {
    throw new UsageError(`--broker must be a URL such as ${EXAMPLE}, without path, ? and #.`);
  }
  const [username, password] = [parsed.username, parsed.password].map(decode);
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(parsed.port || (isTls ? 8883 : 1883)),
    isTls,
    username,
    password,
  };
}

function decode(part: string): string | undefined {
  try {
    return part === "" ? undefined : decodeURIComponent(part);
  } catch {
    throw new UsageError(
      "User name and password in --broker are percent-encoded: % itself is %25.",
    );
  }
}
