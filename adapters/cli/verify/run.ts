/** `deno task verify`: proves that what was exported is what was recorded, with nothing but the file. */
import { readArchiveHead, readProofsHead } from "../../../core/evidence/mod.ts";
import type { VerifyEd25519 } from "../../../core/evidence/mod.ts";
import { sha256 } from "../sha256.ts";
import { shareText } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
import { checkArchive } from "./check_archive.ts";
import { checkDevice } from "./check_device.ts";
import { checkLog } from "./check_log.ts";
import type { VerifyOptions } from "./options.ts";
import { verdictJson, verdictText } from "./verdict.ts";
import type { Verdict } from "./verdict.ts";

/** Lines of the file that follow one another. */
export interface Block {
  /** Lines before it. */
  readonly begin: number;
  readonly lines: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What others do for it. */
export interface VerifyParts {
  /** The exported file: its first line, and all lines behind so many that are left out. */
  readonly file: {
    readonly size: number;
    firstLine(): Uint8Array;
    blocks(leftOut?: number): Iterable<Block>;
  };
  /** What is in the files of `--checkpoint`, one behind the other. */
  readonly kept: string | undefined;
  /** What is in the file of `--key`. */
  readonly key: string | undefined;
  readonly verify: VerifyEd25519;
}

/** Shows how far it is: rows, and a share of the file. */
export type Progress = (rows: number, share: number) => void;

/** Verifies and reports; true when all of it holds. @throws {Error} when it cannot be told. */
export async function runVerify(
  options: VerifyOptions,
  screen: Screen,
  parts: VerifyParts,
): Promise<boolean> {
  const isDrawn = screen.isTerminal && !options.json;
  const progress: Progress = (rows, share) => {
    if (isDrawn) screen.write(`\r\x1b[2K${shareText(share)}  ${rows} rows`);
  };
  let verdict: Verdict;
  try {
    verdict = await check(options, parts, progress);
  } finally {
    if (isDrawn) screen.write("\r\x1b[2K");
  }
  screen.write(
    options.json ? `${JSON.stringify(verdictJson(verdict))}\n` : verdictText(screen, verdict),
  );
  return verdict.fault === undefined;
}

/** The first line says what the file is. */
async function check(
  options: VerifyOptions,
  parts: VerifyParts,
  progress: Progress,
): Promise<Verdict> {
  const first = parts.file.firstLine();
  const line = new TextDecoder().decode(first);
  const device = readProofsHead(line, sha256);
  if (device) return checkDevice(device, options, parts);
  const part = readArchiveHead(line, sha256);
  return part
    ? await checkArchive(part, options, parts, progress)
    : await checkLog(first, options, parts, progress);
}
