/** `deno task backup` and `deno task restore`: the same copy, there and back. */
import type { VerifyEd25519 } from "../../../core/evidence/mod.ts";
import type { StoredCells } from "../../../core/mod.ts";
import type { Screen } from "../terminal.ts";
import { KeptBeside } from "./kept.ts";
import type { BackupOptions, RestoreOptions } from "./options.ts";
import { copiedJson, copiedText, ProgressLine } from "./view.ts";
import type { Copied } from "./view.ts";

/** What is to be copied. */
export interface CopyOrder {
  readonly from: string;
  readonly to: string;
  readonly isForUse: boolean;
  readonly isAsItIs: boolean;
  readonly whatToDo: Readonly<Record<"name" | "from" | "log" | "image" | "to", string>>;
  readonly seen?: ((cells: StoredCells) => void) | undefined;
  progress?(what: string, share: number): void;
}

/** Copies a data folder. */
export type Copy = (order: CopyOrder) => Promise<Copied>;

/** What is said when the process is asked to end. */
export const STOPPED = "Stopped. Nothing was left behind.";

/** Makes a backup and says what is in it. @throws {Error} */
export async function runBackup(
  { dir, data, asItIs, json }: BackupOptions,
  screen: Screen,
  copy: Copy,
): Promise<boolean> {
  const copied = await shown(screen, json, copy, {
    from: data,
    to: dir,
    isForUse: false,
    isAsItIs: asItIs,
    whatToDo: {
      name: "Name a folder that is new or empty, apart from the data folder.",
      from: "Mend it, or name another data folder with --data.",
      log: "Look at it with deno task replay; copy it all the same with --as-it-is.",
      image: "Upload that firmware again, and then make the backup.",
      to: "Free some room, or name another folder.",
    },
  });
  const text = copiedText(screen, `The backup is in ${dir}.`, copied);
  screen.write(json ? `${JSON.stringify({ ok: true, ...copiedJson(copied) })}\n` : text);
  return true;
}

/** What others do for a restore. */
export interface RestoreParts {
  readonly copy: Copy;
  /** What is in the file of `--checkpoint`. */
  readonly kept: string | undefined;
  readonly verify: VerifyEd25519;
}

/** Makes a data folder of a backup and says what is lost. @throws {Error} */
export async function runRestore(
  { dir, data, checkpoint, asItIs, json }: RestoreOptions,
  screen: Screen,
  { copy, kept, verify }: RestoreParts,
): Promise<boolean> {
  const beside = kept === undefined ? undefined : new KeptBeside(checkpoint!, kept, verify);
  const copied = await shown(screen, json, copy, {
    from: dir,
    to: data,
    isForUse: true,
    isAsItIs: asItIs,
    whatToDo: {
      name: "Choose another folder with --data: nothing is overwritten.",
      from: "Name another backup.",
      log: "Name another backup, or restore it all the same with --as-it-is.",
      image: "Name another backup.",
      to: "Free some room, or choose another folder with --data.",
    },
    seen: beside && ((cells) => beside.take(cells)),
  });
  if (json) screen.write(`${JSON.stringify({ ...restoredJson(copied, beside) })}\n`);
  else screen.write(restoredText(screen, data, copied, beside));
  return true;
}

async function shown(
  screen: Screen,
  json: boolean,
  copy: Copy,
  order: CopyOrder,
): Promise<Copied> {
  const line = new ProgressLine(screen, !json);
  const progress = (what: string, share: number) => line.show(what, share);
  return await copy({ ...order, progress }).finally(() => line.end());
}

function restoredJson(copied: Copied, beside: KeptBeside | undefined): object {
  const known = beside && { rows_proved: beside.proved, rows_known: beside.known ?? copied.rows };
  return { ok: true, ...copiedJson(copied), ...known };
}

function restoredText(
  screen: Screen,
  data: string,
  copied: Copied,
  beside: KeptBeside | undefined,
): string {
  const { rows } = copied;
  const lost = [
    `What came after row ${rows} is lost: reports, orders, new devices, tokens, revocations, ` +
    "erasures. Devices are called again; what was erased since must be erased again.",
    ...(beside ? [besideText(beside, rows)] : []),
    "Stop the engine that the backup was made of, if it still runs: the log goes on in one place.",
  ];
  return `${copiedText(screen, `The data folder is ${data}.`, copied)}\n${lost.join("\n")}\n`;
}

function besideText({ proved, known }: KeptBeside, rows: number): string {
  const below = proved === 0
    ? "No checkpoint proves any of its rows."
    : `Checkpoints prove its first ${proved} rows.`;
  if (known === undefined) return `${below} None lies beyond it.`;
  return `${below} It had at least ${known} rows: ${
    known - rows
  } are known to be lost. Keep these ` +
    "checkpoints, as they show that it was restored; publish those to come elsewhere.";
}
