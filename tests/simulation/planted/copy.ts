/**
 * Copies of `core/` that differ from it by a bug. They lie outside of the repository, where its imports
 * have no meaning: the packages are named as `deno.json` names them. That is four times as quick as a
 * process for each copy with a configuration of its own.
 */
import { join } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { edited } from "./bug.ts";
import type { Bug } from "./bug.ts";

const core = new URL("../../../core/", import.meta.url);
const packages: Readonly<Record<string, string>> = config.imports;

/** Writes a copy with the bug into the folder. */
export async function copyWith(bug: Bug, folder: string): Promise<void> {
  const files = await filesIn("");
  for (const { file } of bug.edits) {
    if (!files.includes(file)) throw new Error(`Cannot plant "${bug.name}": no core/${file}.`);
  }
  for (const file of files) {
    const text = bug.edits.filter((edit) => edit.file === file)
      .reduce((text, edit) => edited(text, edit, bug.name), await read(file));
    const target = join(folder, file);
    await Deno.mkdir(join(target, ".."), { recursive: true });
    await Deno.writeTextFile(target, resolved(text));
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, core))) {
    if (isDirectory) files.push(...await filesIn(`${folder}${name}/`));
    else files.push(`${folder}${name}`);
  }
  return files;
}

function read(file: string): Promise<string> {
  return Deno.readTextFile(new URL(file, core));
}

/** The text with imports that mean the same everywhere. */
function resolved(text: string): string {
  return text.replace(/ from "(\w+)";/g, (all, name) => {
    const specifier = packages[name];
    return specifier ? ` from "${specifier}";` : all;
  });
}
