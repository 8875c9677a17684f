/** What a person, or with --json a program, sees of it. */
import { complain, Lines, shareText } from "../terminal.ts";
import type { Screen } from "../terminal.ts";
import { ENGINE_USER } from "./acl.ts";
import { FILES } from "./conf.ts";
import type { Put } from "./folder.ts";
import type { MosquittoOptions } from "./options.ts";
import type { Reload } from "./reload.ts";

/** A log of fewer rows is read before anybody looks. */
const LONG_LOG_ROWS = 10_000;
/** Devices that a line names. */
const NAMED_MAX = 8;

/** How passwords differ from those before. */
export interface Difference {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

const SAID: Record<Put, string> = {
  written: "written",
  same: "kept, as it is what would be written",
  differs: "kept, though it differs: say in flags what should be in it, or remove it",
};

/** Shows it all. */
export class View {
  readonly #screen: Screen;
  readonly #isJson: boolean;
  readonly #lines: Lines;

  /** Shows it there. */
  constructor(screen: Screen, isJson: boolean) {
    this.#screen = screen;
    this.#isJson = isJson;
    this.#lines = new Lines(screen);
  }

  /** Files that are printed instead of written. */
  texts(files: Readonly<Record<string, string>>): void {
    const words = Object.entries(files).map(([name, text]) => `# ${name}\n\n${text}`).join("\n");
    this.#say({ type: "configuration", files }, words.trimEnd());
  }

  /** What became of the files in the folder. */
  files({ out }: MosquittoOptions, files: ReadonlyMap<string, Put>): void {
    const words = [...files].map(([name, put]) => `${out}/${name}: ${SAID[put]}`).sort();
    this.#say({ type: "files", files: Object.fromEntries(files) }, words.join("\n"));
  }

  /** How to go on. `isOfRoot`: the folder is. */
  next({ out, conf }: MosquittoOptions, isOfRoot: boolean): void {
    if (this.#isJson) return;
    const { host, port } = conf.engine;
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    this.#screen.write([
      "",
      ...(isOfRoot
        ? ["Mosquitto does not stay root; let its user in:", `  ${letIn(conf.folder)}`]
        : []),
      "Start Mosquitto, and the engine behind it:",
      `  mosquitto -c ${conf.folder}/${FILES.conf}`,
      `  deno task serve --broker mqtt://${ENGINE_USER}@${address} ` +
      `--broker-password-file ${out}/${FILES.secret}`,
      "",
    ].join("\n"));
  }

  /** How much of a long log is read, where a person looks. */
  reading(rows: number, end: number): void {
    if (this.#isJson || !this.#screen.isTerminal || end < LONG_LOG_ROWS) return;
    this.#lines.set("log", `${shareText(rows / end)} of the log`, false);
  }

  /** The passwords that are there now; `difference` from those before, if any are known. */
  passwords(devices: number, isWritten: boolean, difference?: Difference): void {
    const count = `${devices} ${devices === 1 ? "device" : "devices"}`;
    const what = difference ? `: ${inWords(difference)}` : isWritten ? "" : ", as before";
    const event = { type: "passwords", devices, written: isWritten, ...difference };
    this.#say(event, `Passwords of ${count}${what}`);
  }

  /** Whether Mosquitto was told. */
  reload(reload: Reload): void {
    const words = "pid" in reload
      ? `Mosquitto reads them (process ${reload.pid})`
      : `Mosquitto was not told: ${reload.reason}; it reads them when it starts`;
    this.#say({ type: "reload", ...reload }, words);
  }

  /** What a person should know, though it goes on. */
  warn(text: string): void {
    if (this.#isJson) this.#say({ type: "warning", text }, "");
    else complain(text);
  }

  #say(event: object, words: string): void {
    this.#screen.write(`${this.#isJson ? JSON.stringify(event) : words}\n`);
  }
}

/** Everything but the engine's own password. */
function letIn(folder: string): string {
  return `chown mosquitto: ${folder} ${folder}/otalog.*`;
}

function inWords(difference: Difference): string {
  const named = Object.entries(difference).filter(([, devices]) => devices.length > 0);
  return named.map(([how, devices]: [string, readonly string[]]) => {
    const more = devices.length > NAMED_MAX ? ` and ${devices.length - NAMED_MAX} more` : "";
    return `${how} ${devices.slice(0, NAMED_MAX).join(", ")}${more}`;
  }).join("; ");
}
