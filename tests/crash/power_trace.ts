/** What a process did to the files below a folder, and what it said meanwhile, as strace saw it. */
import assert from "node:assert/strict";

/** One thing done to a file or a folder, or said on standard output. Paths are relative. */
export type Deed =
  | { readonly type: "create" | "mkdir" | "unlink" | "sync"; readonly path: string }
  | { readonly type: "rename"; readonly path: string; readonly to: string }
  | { readonly type: "truncate"; readonly path: string; readonly size: number }
  | {
    readonly type: "write";
    readonly path: string;
    readonly at: number;
    readonly bytes: Uint8Array;
  }
  | { readonly type: "said"; readonly text: string };

/** The system calls that matter; with others a trace would only be slow. */
const CALLS = [
  ...["openat", "write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate"],
  ...["fsync", "fdatasync", "mkdir", "rename", "unlink", "unlinkat", "renameat", "renameat2"],
];
/** No write is longer. */
const STRING_BYTES_MAX = 8_388_608;

/**
 * Runs a module of ours under strace.
 *
 * @throws {Error} when strace cannot run here.
 */
export async function trace(module: URL, args: string[], folder: string): Promise<Deed[]> {
  const file = await Deno.makeTempFile();
  try {
    // With a filter in the kernel (BPF) nothing stops at the calls that do not matter.
    const which = ["--seccomp-bpf", "-f", "-e", `trace=${CALLS}`];
    const how = [...which, "-y", "-xx", "-s", `${STRING_BYTES_MAX}`];
    const run = [Deno.execPath(), "run", "--quiet", "--allow-all", module.href, ...args];
    const command = new Deno.Command("strace", { args: [...how, "-o", file, ...run] });
    const { success, stderr } = await command.output().catch((error) => {
      throw new Error(`strace cannot run: ${error.message}. Install it (Debian: strace).`);
    });
    assert.ok(success, `Under strace: ${new TextDecoder().decode(stderr)}`);
    return [...new Trace(folder).read(await Deno.readTextFile(file))];
  } finally {
    await Deno.remove(file);
  }
}

class Trace {
  readonly #folder: string;
  /** Where the next `write` to a file goes. Nobody here has one open twice to write to. */
  readonly #positions = new Map<string, number>();
  readonly #known = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  *read(text: string): Iterable<Deed> {
    /** Calls that another thread's came between; they count when they return. */
    const unfinished = new Map<string, string>();
    for (const line of text.split("\n")) {
      const [, pid = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
      if (rest.endsWith(" <unfinished ...>")) {
        unfinished.set(pid, rest.slice(0, -" <unfinished ...>".length));
        continue;
      }
      const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
      yield* this.#call(resumed ? (unfinished.get(pid) ?? "") + resumed[1] : rest);
    }
  }

  *#call(line: string): Iterable<Deed> {
    const [, name, args, result] = /^(\w+)\((.*)\) += (\d+)/.exec(line) ?? [];
    if (name === undefined || args === undefined) return;
    if (name === "openat") return yield* this.#open(args);
    const texts = () => [...args.matchAll(/"([^"]*)"/g)].map(([, hex]) => textOf(hex!));
    if (/^(mkdir|unlink|rename)/.test(name)) return yield* this.#name(name, texts(), args);
    const [, fd = "", hex = ""] = /^(\d+)<([^>]*)>/.exec(args) ?? [];
    if (fd === "1" && name === "write") return yield { type: "said", text: texts()[0]! };
    const path = this.#below(textOf(hex));
    if (path === undefined) return;
    const last = () => Number(args.slice(args.lastIndexOf(" ") + 1));
    const bytes = () => bytesOf(/"([^"]*)"/.exec(args)![1]!);
    switch (name) {
      case "fsync":
      case "fdatasync":
        return yield { type: "sync", path };
      case "ftruncate":
        return yield { type: "truncate", path, size: last() };
      case "pwrite64":
        return yield {
          type: "write",
          path,
          at: last(),
          bytes: bytes().subarray(0, Number(result)),
        };
      case "write": {
        const at = this.#positions.get(path) ?? 0;
        this.#positions.set(path, at + Number(result));
        return yield { type: "write", path, at, bytes: bytes().subarray(0, Number(result)) };
      }
      default:
        throw new Error(`The trace has a call that nobody simulates: ${name}`);
    }
  }

  *#open(args: string): Iterable<Deed> {
    const path = this.#below(textOf(/"([^"]*)"/.exec(args)![1]!));
    if (path === undefined) return;
    this.#positions.set(path, 0);
    if (args.includes("O_TRUNC") && this.#known.has(path)) {
      yield { type: "truncate", path, size: 0 };
    }
    if (args.includes("O_CREAT") && !this.#known.has(path)) {
      this.#known.add(path);
      yield { type: "create", path };
    }
  }

  *#name(name: string, texts: string[], args: string): Iterable<Deed> {
    const [path, to] = texts.map((text) => this.#below(text));
    if (path === undefined) return;
    assert.ok(!args.includes("AT_REMOVEDIR"), args);
    if (name === "mkdir") return yield { type: "mkdir", path };
    this.#known.delete(path);
    if (name.startsWith("unlink")) return yield { type: "unlink", path };
    this.#known.add(to!);
    yield { type: "rename", path, to: to! };
  }

  /** The path within the folder; the index of the WAL is made anew by whoever opens it. */
  #below(path: string): string | undefined {
    if (path !== this.#folder && !path.startsWith(`${this.#folder}/`)) return undefined;
    return path.endsWith("-shm") ? undefined : path.slice(this.#folder.length + 1);
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex.replaceAll("\\x", ""));
}

function textOf(hex: string): string {
  return new TextDecoder().decode(bytesOf(hex));
}
