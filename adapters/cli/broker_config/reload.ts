/** Tells a running Mosquitto to read its password files again. */
import { readIfAny } from "./put_file.ts";

/** The process that was told, or why none was. */
export type Reload = { readonly pid: number } | { readonly reason: string };

/**
 * Sends SIGHUP to the process of the pid file. That it is a Mosquitto is looked up before: a number
 * that a crash left behind may be anybody's by now, and SIGHUP would end it.
 */
export async function reloadMosquitto(pidFile: string): Promise<Reload> {
  const text = await readIfAny(pidFile).catch((error: Error) => error);
  if (text === undefined) return { reason: `there is no ${pidFile}` };
  if (text instanceof Error) return { reason: `${pidFile} cannot be read` };
  const pid = /^\s*(\d{1,10})\s*$/.exec(text)?.[1];
  if (pid === undefined) return { reason: `${pidFile} holds no process id` };
  const process = await run("ps", ["-o", "comm=", "-p", pid]);
  if (process === undefined) return { reason: "ps and kill are missing (Debian: procps)" };
  if (!/(^|\/)mosquitto$/m.test(process.said.trim())) {
    return { reason: `process ${pid} of ${pidFile} is no Mosquitto` };
  }
  const told = await run("kill", ["-HUP", pid]);
  return told?.isDone ? { pid: Number(pid) } : { reason: `process ${pid} is another user's` };
}

/** `undefined`: there is no such program. */
async function run(
  program: string,
  args: string[],
): Promise<{ isDone: boolean; said: string } | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return { isDone: success, said: new TextDecoder().decode(stdout) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
