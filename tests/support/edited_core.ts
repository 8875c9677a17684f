/**
 * Copies of `core/` that differ from it by an edit. They lie outside of the repository, where its imports
 * have no meaning: the packages are named as `deno.json` names them. That is four times as quick as a
 * process for each copy with a configuration of its own.
 */
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };

const core = new URL("../../core/", import.meta.url);
const packages: Readonly<Record<string, string>> = config.imports;

/** One change of the text of one file. */
export interface Edit {
  /** From the folder `core/`. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** What is otherwise in a copy; most are one edit. */
export interface Change {
  /** What it does otherwise, in a few words. */
  readonly name: string;
  readonly edits: readonly Edit[];
}

/** What an edit makes of the text of its file. @throws {Error} when the text to find is not there once. */
export function edited(text: string, { file, find, replace }: Edit, name: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1) {
    throw new Error(
      `Cannot plant "${name}": core/${file} has its text ${places} times, not once. ` +
        `Change the edit along with the code.`,
    );
  }
  return text.replace(find, () => replace);
}

/** Writes a copy with the change into the folder. */
export async function copyWith({ name, edits }: Change, folder: string): Promise<void> {
  const files = await filesIn("");
  for (const { file } of edits) {
    if (!files.includes(file)) throw new Error(`Cannot plant "${name}": no core/${file}.`);
  }
  for (const file of files) {
    const text = edits.filter((edit) => edit.file === file)
      .reduce((text, edit) => edited(text, edit, name), await read(file));
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
