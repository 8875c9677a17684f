/** Run on a small disk of its own, as a process: notes until it is full, and when it has room again. */
import { checkpointFile } from "../../../adapters/checkpoints/mod.ts";
import { keptIn, noteOf } from "./notes.ts";

const [folder] = Deno.args;
const { signal } = new AbortController();
const [path, ballast] = [`${folder}/checkpoints`, `${folder}/ballast`];
Deno.mkdirSync(`${folder}/data`);
const file = await checkpointFile(path, `${folder}/data`);
const taken: number[] = [];
const publish = (size: number) => file.publish(noteOf(size), signal).then(() => taken.push(size));

await publish(1);
const filler = Deno.openSync(ballast, { createNew: true, write: true });
try {
  while (filler.writeSync(new Uint8Array(65_536)) > 0);
} catch {
  filler.close();
}
// A file system has room to the end of a block.
let refused = "";
for (let size = 2; refused === "" && size < 1_000; size++) {
  await publish(size).catch(({ message }: Error) => refused = message);
}
Deno.removeSync(ballast);
await publish(1_000);
await publish(1_001);
const { sizes, broken, forged } = keptIn(path);
console.log(JSON.stringify({ taken, refused, sizes, broken, forged: forged.length }));
