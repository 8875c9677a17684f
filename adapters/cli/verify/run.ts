/** `deno task verify`: proves that what was exported is what was recorded, with nothing but the file. */
import { readProofsHead } from "../../../core/evidence/mod.ts";
import type { VerifyEd25519 } from "../../../core/evidence/mod.ts";
import { linesIn } from "../../../core/mod.ts";
import { sha256 } from "../sha256.ts";
import { shareText } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
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
  /** The exported file. */
  readonly file: { readonly size: number; blocks(): Iterable<Block> };
  /** What is in the file of `--checkpoint`. */
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
  const [first, blocks] = peeked(parts.file.blocks());
  const [line] = linesIn(first.bytes);
  const bytes = first.bytes.slice(0, line!.to);
  const head = readProofsHead(new TextDecoder().decode(bytes), sha256);
  return head
    ? checkDevice(head, blocks, options, parts)
    : await checkLog(bytes, blocks, options, parts, progress);
}

/** The first one, and all of them. */
function peeked(blocks: Iterable<Block>): [first: Block, all: Iterable<Block>] {
  const rest = blocks[Symbol.iterator]();
  const first: Block = rest.next().value;
  const all = function* () {
    yield first;
    for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
  };
  return [first, all()];
}
