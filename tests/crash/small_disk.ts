/** Disks that fill up: a real file system of a few MiB, or system calls that find no room. */
import assert from "node:assert/strict";
import { tampering } from "./engine_process.ts";
import type { EngineProcess } from "./engine_process.ts";

/** A disk that is full from `fill` to `free`. */
export interface SmallDisk {
  readonly name: string;
  /** A command that becomes the engine, with the disk at the folder. */
  above(folder: string): string[];
  fill(engine: EngineProcess, folder: string): Promise<void>;
  free(): Promise<void>;
  /** Where the folder can be seen from outside of the engine. */
  seen(engine: EngineProcess, folder: string): string;
}

const DISK_BYTES = 12 * 1_048_576;
/** strace needs a moment, which is over when the system says so. */
const TRIES_MAX = 100;
/** Mounts in a namespace of its own, for the engine alone: nothing is left behind. */
const NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"];
const MOUNT = `mount -t tmpfs -o size=${DISK_BYTES} tmpfs "$0" && exec "$@"`;

/** A file system in memory, filled by a file. */
export class TmpfsDisk implements SmallDisk {
  readonly name = "a file system of 12 MiB";
  #ballast = "";

  /** Whether this machine lets us mount one. */
  static async isPossible(): Promise<boolean> {
    const folder = await Deno.makeTempDir();
    const [program, ...args] = [...NAMESPACE, "sh", "-c", MOUNT, folder, "true"];
    const run = new Deno.Command(program!, { args, stdout: "null", stderr: "null" }).output();
    const isPossible = await run.then(({ success }) => success, () => false);
    await Deno.remove(folder);
    return isPossible;
  }

  above(folder: string): string[] {
    return [...NAMESPACE, "sh", "-c", MOUNT, folder];
  }

  async fill(engine: EngineProcess, folder: string): Promise<void> {
    this.#ballast = `${this.seen(engine, folder)}/ballast`;
    using file = await Deno.open(this.#ballast, { createNew: true, write: true });
    for (let bytes = 65_536; bytes >= 1; bytes >>= 4) {
      while (await isWritten(file, new Uint8Array(bytes)));
    }
  }

  async free(): Promise<void> {
    await Deno.remove(this.#ballast);
  }

  seen(engine: EngineProcess, folder: string): string {
    return `/proc/${engine.pid}/root${folder}`;
  }
}

async function isWritten(file: Deno.FsFile, bytes: Uint8Array): Promise<boolean> {
  return await file.write(bytes).then((count) => count > 0, () => false);
}

/** A disk of any size whose writes are refused meanwhile. */
export class RefusingDisk implements SmallDisk {
  readonly name = "system calls that find no room";
  #strace: Deno.ChildProcess | undefined;

  /** Whether a process that is there already may be traced here. */
  static async isPossible(): Promise<boolean> {
    const sleep = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const strace = await attach(sleep.pid);
    if (strace) await detach(strace);
    sleep.kill("SIGKILL");
    await sleep.status;
    return strace !== undefined;
  }

  above(): string[] {
    return [];
  }

  async fill({ pid }: EngineProcess): Promise<void> {
    this.#strace = await attach(pid);
    assert.ok(this.#strace, "strace did not come to trace the engine");
  }

  async free(): Promise<void> {
    await detach(this.#strace!);
  }

  seen(_: EngineProcess, folder: string): string {
    return folder;
  }
}

/** Lets every write of the process find no room; `undefined`: it may not be traced. */
async function attach(pid: number): Promise<Deno.ChildProcess | undefined> {
  const args = ["-f", "-p", `${pid}`, ...tampering("pwrite64,fsync,fdatasync:error=ENOSPC")];
  const strace = new Deno.Command("strace", { args, stderr: "null" }).spawn();
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (isTraced(pid)) return strace;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await detach(strace).catch(() => {});
}

/** Whether every thread of the process is. */
function isTraced(pid: number): boolean {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].every(({ name }) =>
    /TracerPid:\t[1-9]/.test(Deno.readTextFileSync(`/proc/${pid}/task/${name}/status`))
  );
}

async function detach(strace: Deno.ChildProcess): Promise<void> {
  strace.kill("SIGINT");
  await strace.status;
}
