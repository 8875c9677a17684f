/** Who may log in: user name, client id, token and will (PROTOCOL §1, "Who may"). */
import { createHash } from "node:crypto";
import type { Client, ConnectPacket } from "aedes";
import { isClientIdOf, maySubscribe, parseDeviceId } from "../../../core/mod.ts";

/** CONNACK return codes (MQTT 3.1.1 §3.2.2.3). */
const IDENTIFIER_REJECTED = 2;
const NOT_AUTHORIZED = 5;

/** A login is good, or is answered with this CONNACK return code. */
export type Login = { readonly device: string } | { readonly returnCode: number };

/** Whether the token with this SHA-256 (hexadecimal digits) is the device's and valid now. */
export type Authenticate = (device: string, tokenSha256: string) => Promise<boolean>;

/** Decides logins. */
export class Logins {
  readonly #prefix: string;
  readonly #authenticate: Authenticate;
  readonly #foreignWills = new WeakSet<Client>();
  /** Those whose token is being looked up. */
  readonly #pending = new Set<{ readonly device: string; isCut: boolean }>();

  /** `prefix` is the topic prefix with its leading slash. */
  constructor(prefix: string, authenticate: Authenticate) {
    this.#prefix = prefix;
    this.#authenticate = authenticate;
  }

  /** Looks at a CONNECT before the broker does, and takes from it what nobody may have. */
  prepare(client: Client, packet: ConnectPacket): void {
    const { will, username } = packet;
    if (will && !maySubscribe(this.#prefix, username ?? "", will.topic)) {
      this.#foreignWills.add(client);
    }
    // A will is at most a hint that the device is gone, and the closed connection says as much.
    delete packet.will;
    // Sessions live no longer than the connection: what is owed is in the log, not in here.
    packet.clean = true;
  }

  /** Decides about one login; calls `admit` in the same turn in which it finds it good. */
  async decide(
    client: Client,
    username: string | undefined,
    password: Uint8Array | undefined,
    admit: (device: string) => void,
  ): Promise<Login> {
    const device = parseDeviceId(username ?? "");
    const refused = { returnCode: NOT_AUTHORIZED };
    if (device === undefined || !password || this.#foreignWills.has(client)) return refused;
    if (!isClientIdOf(device, client.id) || client.id.length > 200) {
      return { returnCode: IDENTIFIER_REJECTED };
    }
    const tokenSha256 = createHash("sha256").update(password).digest("hex");
    return await this.#admits(device, tokenSha256, admit) ? { device } : refused;
  }

  /** The device was revoked: a token of it that was looked up before is of no use any more. */
  cut(device: string): void {
    for (const login of this.#pending) login.isCut ||= login.device === device;
  }

  async #admits(
    device: string,
    tokenSha256: string,
    admit: (device: string) => void,
  ): Promise<boolean> {
    const login = { device, isCut: false };
    this.#pending.add(login);
    try {
      if (!await this.#authenticate(device, tokenSha256) || login.isCut) return false;
      // Before it is no longer pending: a revocation must find it at every moment.
      admit(device);
      return true;
    } catch {
      return false;
    } finally {
      this.#pending.delete(login);
    }
  }
}
