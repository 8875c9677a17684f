/** Engines behind a real Mosquitto: its settings, who may enter, and how an engine is told of it. */
import { pbkdf2Sync } from "node:crypto";
import type { ExternalBroker } from "../../adapters/cli/mod.ts";
import type { House } from "../../commands/house/house.ts";
import { makeAuthority, makeCertificate } from "../support/certificates.ts";
import { freePort } from "../support/free_port.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { soon } from "./house.ts";

/** Whoever comes may do everything, and each login shows in the log. */
export const OPEN = ["allow_anonymous true", "log_type all", "set_tcp_nodelay true"];

const noFiles = { ca: undefined, cert: undefined, key: undefined, password: undefined };

/** A broker on a port of this machine, as the flags would tell of it. */
export function brokerAt(port: number, more: Partial<ExternalBroker> = {}): ExternalBroker {
  return {
    host: "127.0.0.1",
    port,
    isTls: false,
    username: undefined,
    password: undefined,
    versions: [5, 4],
    files: noFiles,
    ...more,
  };
}

/** Files of a broker, of which some are named. */
export function filesOf(given: Partial<ExternalBroker["files"]>): ExternalBroker["files"] {
  return { ...noFiles, ...given };
}

/** The password of everybody. */
export const PASSWORD = "secret: of the engine";

/**
 * Mosquitto with three doors: by user name and password, by TLS, and by TLS with a certificate of
 * one's own. `ca.crt`, `client.crt` and `client.key` lie in the folder then.
 */
export async function guarded(folder: string): Promise<Mosquitto> {
  await makeAuthority(folder, "ca");
  await makeCertificate(folder, "server", "ca");
  await makeCertificate(folder, "client", "ca");
  const [salt, rounds] = ["0123456789ab", 101];
  const hash = pbkdf2Sync(PASSWORD, salt, rounds, 64, "sha512").toString("base64");
  const entry = `otalog:$7$${rounds}$${btoa(salt)}$${hash}\n`;
  await Deno.writeTextFile(`${folder}/passwords`, entry, { mode: 0o600 });
  const ports = [await freePort(), await freePort(), await freePort()];
  const tls = ["server.crt", "server.key", "ca.crt"].map((file, index) =>
    `${["certfile", "keyfile", "cafile"][index]} ${folder}/${file}`
  );
  const config = `${folder}/guarded.conf`;
  const lines = [
    "per_listener_settings true",
    "log_type all",
    `listener ${ports[0]} 127.0.0.1`,
    "allow_anonymous false",
    `password_file ${folder}/passwords`,
    `listener ${ports[1]} 127.0.0.1`,
    "allow_anonymous true",
    ...tls,
    `listener ${ports[2]} 127.0.0.1`,
    "allow_anonymous true",
    ...tls,
    "require_certificate true",
  ];
  await Deno.writeTextFile(config, `${lines.join("\n")}\n`);
  return await Mosquitto.withFile(config, ports);
}

/** Resolves when it holds; it is looked at again after each commit. */
export async function until(
  { engine }: House,
  holds: () => Promise<boolean>,
  what: string,
): Promise<void> {
  let changed = Promise.withResolvers<void>();
  const end = engine.onCommitted(() => changed.resolve());
  const look = async () => {
    while (!await holds()) {
      await changed.promise;
      changed = Promise.withResolvers();
    }
  };
  await soon(look(), what).finally(end);
}
