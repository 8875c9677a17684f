/** Where checkpoints go and how often there is one: the flags of `serve` that begin with `--checkpoint`. */
import { CHECKPOINT_PACE } from "../../core/evidence/mod.ts";
import type { CheckpointPace } from "../../core/evidence/mod.ts";
import { count, text, UsageError } from "./args.ts";
import type { Values } from "./args.ts";

const MINUTE = 60_000;

/** The flags. */
export const checkpointFlags = {
  checkpoints: text("FILE|URL", "Where checkpoints of the log go; not into the data folder"),
  "checkpoint-rows": count(
    "A checkpoint after so many rows",
    CHECKPOINT_PACE.rows,
    1,
    1_000_000,
  ),
  "checkpoint-minutes": count(
    "A checkpoint so long after the last, if there are new rows",
    CHECKPOINT_PACE.ms / MINUTE,
    1,
    1_440,
  ),
};

/** A file, or an HTTP server with our name there. */
export type CheckpointPlace =
  | { readonly file: string }
  | {
    readonly url: string;
    readonly username: string | undefined;
    readonly password: string | undefined;
  };

/** What the flags say. */
export interface CheckpointOptions {
  /** `undefined`: checkpoints are made, but go nowhere by themselves. */
  readonly checkpoints: CheckpointPlace | undefined;
  readonly checkpointPace: CheckpointPace;
}

/** @throws {UsageError} for a URL that nothing can be posted to. */
export function checkpointsOf(given: Values<typeof checkpointFlags>): CheckpointOptions {
  const { checkpoints: place, "checkpoint-rows": rows, "checkpoint-minutes": minutes } = given;
  return {
    checkpoints: place === undefined ? undefined : placeOf(place),
    checkpointPace: { rows, ms: minutes * MINUTE },
  };
}

/** Whatever has no scheme is the name of a file. The URL itself is not shown: it may hold a password. */
function placeOf(place: string): CheckpointPlace {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) return { file: place };
  const url = URL.parse(place);
  if (!url || !/^https?:$/.test(url.protocol) || url.hash) {
    throw new UsageError(
      "--checkpoints must be a file, or a URL such as https://witness.example/log without #.",
    );
  }
  const [username, password] = [url.username, url.password].map(decode);
  if (username?.includes(":")) {
    throw new UsageError("The user name in --checkpoints must be without a colon.");
  }
  [url.username, url.password] = ["", ""];
  return { url: url.href, username, password };
}

function decode(part: string): string | undefined {
  try {
    return part === "" ? undefined : decodeURIComponent(part);
  } catch {
    throw new UsageError(
      "User name and password in --checkpoints are percent-encoded: % itself is %25.",
    );
  }
}
