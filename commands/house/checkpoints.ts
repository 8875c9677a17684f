/** How the checkpoints of a log are made, and where they go. */
import {
  CHECKPOINT_PACE,
  Checkpointer,
  logKeyOf,
  newestOf,
  readKept,
  verifierKeyText,
} from "../../core/evidence/mod.ts";
import type { LogTree } from "../../core/evidence/mod.ts";
import { checkpointFile, checkpointServer, remembering } from "../../adapters/checkpoints/mod.ts";
import type { Publisher } from "../../adapters/checkpoints/mod.ts";
import {
  machineClock,
  machineDigest,
  publishedNote,
  verifyEd25519,
} from "../../adapters/host/mod.ts";
import type { LogIdentity } from "../../adapters/host/mod.ts";
import type { HouseOptions } from "./house.ts";

/** Where checkpoints go; `undefined`: nowhere. */
export async function publisherOf(
  { checkpoints: place, data, onNote: tell = () => {} }: HouseOptions,
): Promise<Publisher | undefined> {
  if (!place) return undefined;
  if ("file" in place) return await checkpointFile(place.file, data);
  return remembering(checkpointServer(place), { file: publishedNote(data), tell });
}

/** What is shown of a log to those who audit it, and what makes its checkpoints. */
export interface Evidence {
  readonly checkpointer: Checkpointer;
  readonly shown: { checkpoint(): string | undefined; readonly key: string };
}

/** Makes the checkpoints of a log, out of the newest one that can be read back. */
export async function evidenceOf(
  { identity: { rawPublicKey, sign }, tree }: { identity: LogIdentity; tree: LogTree },
  { checkpointPace: pace = CHECKPOINT_PACE, onNote: tell = () => {} }: HouseOptions,
  publisher: Publisher | undefined,
): Promise<Evidence> {
  const { sha256 } = machineDigest;
  const key = logKeyOf(rawPublicKey, sha256);
  const text = await publisher?.readBack() ?? "";
  const known = newestOf(readKept(text, key, verifyEd25519, sha256).checkpoints);
  const ports = { clock: machineClock, tree, sha256, sign, publish: publisher?.publish, tell };
  const checkpointer = new Checkpointer(ports, { key, pace, known });
  const shown = { checkpoint: () => checkpointer.last, key: verifierKeyText(key, sha256) };
  return { checkpointer, shown };
}
