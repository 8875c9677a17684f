/** Prints the head of each of many simulated logs, one a line: two processes must print the same. */
import { simulate } from "../../core/simulation/mod.ts";
import { ports } from "../core/support/simulation.ts";

const [from, count] = Deno.args.map(Number);
for (let seed = from!; seed < from! + count!; seed++) {
  const { head, rows } = await simulate({ seed, devices: 5, hours: 2, upgrades: 12 }, ports);
  console.log(`${seed} ${rows.length} ${head}`);
}
