/** Data folders for tests, filled by a real engine. */
import { createHash, randomBytes } from "node:crypto";
import { requestUpgrade } from "../../../core/mod.ts";
import { startEngine } from "../../../core/engine/mod.ts";
import type { Clock, Engine, Ports, Store } from "../../../core/engine/mod.ts";
import { ANY_SHA512 } from "../../support/any_sha512.ts";

export const IMAGE = `sha256:${"5a".repeat(32)}`;

/** Takes out of the tables what came last; tables of an older otalog begin with this. */
export const BEFORE_PERSONAL_TEXTS = "alter table releases drop column header_ignored; " +
  "drop index images_by_md5; drop index images_by_header; drop index releases_by_image; " +
  "alter table images drop column header; " +
  "drop index events_personal; alter table events drop column personal;";

export const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** The machine's clock; timers are not needed here and would outlive a test. */
const clock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  soon: (call) => void setImmediate(call),
  after: () => () => {},
};

export function portsOn(store: Store): Ports {
  return {
    store,
    clock,
    outbox: { send: () => {}, disconnect: () => {} },
    digest: { sha256, salt: () => randomBytes(16).toString("hex") },
  };
}

export function engineOn(store: Store): Promise<Engine> {
  return startEngine(portsOn(store), {
    baseUrl: "http://127.0.0.1:8000",
    identity: { log: "0123456789abcdef", publicKey: "ed25519:00" },
  });
}

/** A few devices, one of them through an upgrade with a retry; every table has rows. */
export async function fill(engine: Engine): Promise<void> {
  const actor = "operator:test";
  for (const device of ["pump-1", "pump-2"]) {
    await engine.submit({
      kind: "command",
      actor,
      command: {
        type: "registerDevice",
        device,
        product: "pump",
        tags: ["roof"],
        tokenSha256: sha256(new TextEncoder().encode(device)),
        tokenSha512: ANY_SHA512,
      },
    });
  }
  const image = { sha256: IMAGE.slice(7), size: 10_000, sha1: "11", md5: "22".repeat(16) };
  await engine.submit({
    kind: "command",
    actor,
    command: { type: "addFirmware", image, version: "2.0.0", product: null, name: "a.bin" },
  });
  for (const device_id of ["pump-1", "pump-2"]) {
    const wish = { device_id, firmware_version: "2.0.0", checksum: IMAGE };
    const request = requestUpgrade.parse(wish);
    await engine.submit({ kind: "command", actor, command: { type: "requestUpgrade", request } });
  }
  const report = { kind: "report", device: "pump-1", via: "mqtt" } as const;
  const verify = (checksum: string) => ({ kind: "verify", body: { checksum } }) as const;
  await engine.submit({ ...report, report: "request", parsed: { kind: "request", body: {} } });
  await engine.submit({ ...report, report: "verify", parsed: verify(`sha256:${"00".repeat(32)}`) });
  await engine.submit({ ...report, report: "verify", parsed: verify(IMAGE) });
}
