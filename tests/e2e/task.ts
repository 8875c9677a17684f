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
