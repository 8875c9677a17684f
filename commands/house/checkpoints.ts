/** How the checkpoints of a log are made, and where they go. */
import { CHECKPOINT_PACE, Checkpointer, newestOf, readKept } from "../../core/evidence/mod.ts";
import type { LogTree, VerifierKey } from "../../core/evidence/mod.ts";
import { checkpointFile, checkpointServer } from "../../adapters/checkpoints/mod.ts";
import type { Publisher } from "../../adapters/checkpoints/mod.ts";
import { machineClock, machineDigest, verifyEd25519 } from "../../adapters/host/mod.ts";
import type { LogIdentity } from "../../adapters/host/mod.ts";
import type { HouseOptions } from "./house.ts";

/** Where checkpoints go; `undefined`: nowhere. */
export async function publisherOf(
  { checkpoints: place, data }: HouseOptions,
): Promise<Publisher | undefined> {
  if (!place) return undefined;
  return "url" in place ? checkpointServer(place) : await checkpointFile(place.file, data);
}

/** Makes the checkpoints of a log, out of the newest one that can be read back. */
export async function checkpointerOf(
  { key, sign, tree }: { key: VerifierKey; sign: LogIdentity["sign"]; tree: LogTree },
  { checkpointPace: pace = CHECKPOINT_PACE, onNote: tell = () => {} }: HouseOptions,
  publisher: Publisher | undefined,
): Promise<Checkpointer> {
  const { sha256 } = machineDigest;
  const text = await publisher?.readBack?.() ?? "";
  const known = newestOf(readKept(text, key, verifyEd25519, sha256).checkpoints);
  const ports = { clock: machineClock, tree, sha256, sign, publish: publisher?.publish, tell };
  return new Checkpointer(ports, { key, pace, known });
}
