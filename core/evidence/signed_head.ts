/** What files with proofs begin with: the checkpoint they are for, and the key that signed it. */
import type { Checkpoint } from "./checkpoint.ts";
import type { SignedNote, VerifierKey } from "./note.ts";

/** What the first line says of that; nothing of it is checked. */
export interface SignedHead {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
  readonly key: VerifierKey;
}
