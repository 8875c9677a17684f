/** Examples of the documents, run as they are written against a whole engine. */
import assert from "node:assert/strict";
import { soon } from "../e2e/house.ts";
import type { Stage } from "../e2e/house.ts";

async function has(command: string): Promise<boolean> {
  const { success } = await new Deno.Command("which", { args: [command] }).output();
  return success;
}

/** A developer without these programs goes on; CI has them and may not. */
export const ignoresShell = Deno.env.get("CI") === undefined &&
  !(await has("mosquitto_pub") && await has("curl") && await has("wget"));

/** A document of the repository. */
export async function documentOf(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
}

/** The block after a comment with the mark, such as `<!-- example: first device -->`. */
export function blockOf(document: string, mark: string): string {
  const from = document.indexOf(`<!-- ${mark} -->`);
  assert.ok(from >= 0, `the document has no ${mark}`);
  return /```\w+\n([\s\S]*?)```/.exec(document.slice(from))![1]!;
}

/** The block with the addresses and the data folder of this engine in the place of the default ones. */
export function aimedAt({ house, folder }: Stage, block: string): string {
  const { hostname, port } = new URL(house.mqttUrl);
  return block
    .replaceAll("http://127.0.0.1:8000", house.httpUrl)
    .replaceAll("-h 127.0.0.1", `-h ${hostname} -p ${port}`)
    .replaceAll("data/operator.token", `${folder}/data/operator.token`);
}

/** Runs the script in the folder of the engine; what it said. Fails when any part of it does. */
export async function runShell(stage: Stage, script: string): Promise<string> {
  const { code, said, blamed } = await endOfShell(stage, script, ["-euo", "pipefail"]);
  assert.equal(code, 0, said + blamed);
  return said;
}

/** How the script ends in the folder of the engine; without options it forgives as much as any shell. */
export async function endOfShell(
  { folder }: Stage,
  script: string,
  options: readonly string[] = [],
): Promise<{ readonly code: number; readonly said: string; readonly blamed: string }> {
  const shell = new Deno.Command("bash", {
    args: [...options, "-c", script],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const end = soon(shell.output(), "the end of the example", 60_000);
  const { code, stdout, stderr } = await end.catch((error) => {
    shell.kill();
    throw error;
  });
  const [said, blamed] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, said: said!, blamed: blamed! };
}
