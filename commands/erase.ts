/** `erase`: personal data taken out of the rows of a device, by an engine that no device reaches. */
import { startEngine } from "../core/engine/mod.ts";
import type { Outbox } from "../core/engine/mod.ts";
import manifest from "../deno.json" with { type: "json" };
import {
  askTheEngine,
  parseErase,
  runErase,
  takeOver,
  takeOverScreen,
} from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { logIdentity, machineClock, machineDigest } from "../adapters/host/mod.ts";
import { openSqlite } from "../adapters/sqlite/mod.ts";

/** Which otalog this is. */
const { version } = manifest;

/** No way leads to a device: nobody is waited for, and no limit counts against anybody. */
const NO_WAY: Outbox = { send: () => {}, disconnect: () => {} };

export async function erase(args: string[], screen: Screen): Promise<boolean> {
  const options = parseErase(args);
  const opening = { isKnown: true, whenUsed: askTheEngine(options) };
  const log = await openSqlite(options.data, opening);
  try {
    const by = { version, sha256: machineDigest.sha256, isAccepted: false };
    await takeOver(log.reads, by, options.json ? {} : takeOverScreen(screen));
    const ports = { store: log.store, clock: machineClock, outbox: NO_WAY, digest: machineDigest };
    const identity = await logIdentity(options.data);
    const engine = await startEngine(ports, { baseUrl: "", identity, version, isBrokered: true });
    const isScrubbed = () => log.isScrubbed;
    return await runErase(options, screen, { engine, isScrubbed }).finally(() => engine.stop());
  } finally {
    await log.close();
  }
}
