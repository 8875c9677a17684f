/** Why there is no connection to the broker: one sentence for the operator for each step it takes. */

/** The step that failed on the way to a broker. */
export type Step =
  | "lookup"
  | "refused"
  | "silent"
  | "tls"
  | "login"
  | "version"
  | "subscribe"
  | "closed"
  | "unwell";

/** A broker that cannot be used now. */
export class BrokerTrouble extends Error {
  override readonly name = "BrokerTrouble";
  readonly step: Step;

  /** `address` is `host:port`, `detail` what the other side or the system said about it. */
  constructor(step: Step, address: string, detail?: string, options?: ErrorOptions) {
    const [what, advice] = sentences[step];
    const said = detail ? ` (${detail})` : "";
    super(`No connection to the broker ${address}: ${what}${said}. ${advice}`, options);
    this.step = step;
  }
}

const sentences: Readonly<Record<Step, readonly [what: string, advice: string]>> = {
  lookup: ["there is no host of that name", "Check the name in --broker."],
  refused: [
    "it refused the connection",
    "Check address and port in --broker, and whether the broker runs.",
  ],
  silent: [
    "no answer",
    "Check address and port in --broker, and whether a firewall lies between.",
  ],
  tls: [
    "TLS failed",
    "Check that this port speaks TLS, and --broker-ca, --broker-cert and --broker-key.",
  ],
  login: [
    "it refused the user name or the password",
    "Check those in --broker or --broker-password-file.",
  ],
  version: [
    "it does not speak this version of MQTT",
    "Choose another with --broker-mqtt.",
  ],
  subscribe: [
    "it does not let us hear the devices",
    "Check its access rules: deno task broker-config shows those that are needed.",
  ],
  closed: [
    "it closed the connection",
    "Look into its log. A port that wants TLS needs mqtts:// in --broker; " +
    "a client id belongs to one engine alone.",
  ],
  unwell: [
    "the engine cannot take reports now",
    "The broker keeps them until it can.",
  ],
};

/** What the system's codes mean. */
const steps: Readonly<Record<string, readonly [step: Step, detail: string]>> = {
  ENOTFOUND: ["lookup", ""],
  EAI_AGAIN: ["lookup", "the name servers do not answer"],
  ECONNREFUSED: ["refused", ""],
  ENETUNREACH: ["silent", "there is no route to it"],
  EHOSTUNREACH: ["silent", "there is no route to it"],
  ETIMEDOUT: ["silent", ""],
};

/** The trouble that an error of a socket means; `fallback` is the step that was under way. */
export function troubleOf(error: unknown, address: string, fallback: Step): BrokerTrouble {
  if (error instanceof BrokerTrouble) return error;
  const { code = "", message } = error as { code?: string | number; message: string };
  const known = steps[code];
  if (known) return new BrokerTrouble(known[0], address, known[1], { cause: error });
  // With TLS 1.3 a broker refuses our certificate only after the connection counts as secure.
  const isTls = /^ERR_(SSL|TLS)/.test(String(code)) || /CERT/.test(String(code));
  const detail = code === "ECONNRESET" && fallback !== "tls" ? "" : message.replace(/\.$/, "");
  return new BrokerTrouble(isTls ? "tls" : fallback, address, detail, { cause: error });
}
