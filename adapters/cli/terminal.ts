/** What a person sees: quiet, aligned, and coloured on a terminal only. */

/** Where text goes. */
export interface Screen {
  /** Whether a person looks at it, so that lines may be redrawn. */
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  /** Nobody reads any more: what goes on writing may end. */
  readonly isClosed?: boolean;
  write(text: string): void;
}

const encoder = new TextEncoder();

/** The standard output of this process; NO_COLOR is honoured. */
export function stdoutScreen(): Screen {
  const isTerminal = Deno.stdout.isTerminal();
  let isClosed = false;
  return {
    isTerminal,
    isColoured: isTerminal && !Deno.noColor,
    get isClosed() {
      return isClosed;
    },
    write: (text) => void (isClosed ||= !writeAll(Deno.stdout, text)),
  };
}

/** Somebody who has read enough (`| head -1`) is no fault: then it is false, the rest is for nobody. */
function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

/** A line for the operator's eyes when something went wrong. */
export function complain(text: string): void {
  writeAll(Deno.stderr, `${text}\n`);
}

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;

/** The text in a colour, where colours are seen. */
export function paint(screen: Screen, colour: keyof typeof codes, text: string): string {
  return screen.isColoured ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text;
}

/** What would move the cursor or colour the screen: cells hold what devices and files said. */
// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

/** The text without what does more than stand there. */
export function printable(text: string): string {
  return text.replace(CONTROL, "·");
}

/** Rows as aligned columns, two spaces apart. */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** Bytes as a person says them. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1_048_576
    ? `${(bytes / 1024).toFixed(0)} KiB`
    : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

/** Lines that are redrawn in place on a terminal, and printed when they change anywhere else. */
export class Lines {
  readonly #screen: Screen;
  readonly #lines = new Map<string, string>();
  #drawn = 0;

  /** Draws on the screen. */
  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /**
   * Sets a line. `milestone`: worth a line of its own where nothing can be redrawn.
   */
  set(key: string, line: string, milestone: boolean): void {
    if (this.#lines.get(key) === line) return;
    this.#lines.set(key, line);
    if (this.#screen.isTerminal) this.#draw();
    else if (milestone) this.#screen.write(`${line}\n`);
  }

  #draw(): void {
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : "";
    const lines = [...this.#lines.values()].map((line) => `\x1b[2K${line}\n`).join("");
    this.#screen.write(up + lines);
    this.#drawn = this.#lines.size;
  }
}

/** A bar of `width` characters for a share from 0 to 1. */
export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** A share from 0 to 1 as a bar and in whole percent. */
export function shareText(share: number): string {
  return `${bar(share, 24)} ${`${Math.floor(100 * share)}`.padStart(3)} %`;
}
