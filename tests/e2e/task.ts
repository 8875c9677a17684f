import { soon } from "./house.ts";

/** The root of the repository. */
export const ROOT = new URL("../../", import.meta.url);

/** The command with the permissions it has as a task. */
export function spawned(name: string, ...args: string[]): Deno.ChildProcess {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const [, ...words] = tasks[name].command.split(" ");
  return new Deno.Command(Deno.execPath(), {
    args: [...words, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What it said, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

/** Runs the command to its end. */
export function ran(name: string, ...args: string[]): Promise<Ended> {
  return ranWithin(120_000, name, ...args);
}

/** Runs the command to its end, which must come within so long. */
export async function ranWithin(ms: number, name: string, ...args: string[]): Promise<Ended> {
  const output = spawned(name, ...args).output();
  const { code, stdout, stderr } = await soon(output, `the end of ${name}`, ms);
  const text = new TextDecoder();
  return { code, said: text.decode(stdout), complained: text.decode(stderr).trim() };
}
