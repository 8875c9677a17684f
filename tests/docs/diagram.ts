/**
 * The machine's diagram, made from the machine. Run it to bring `ARCHITECTURE.md` up to date; a test
 * tells when that is needed.
 */
import { terminalStates, upgradeMachine } from "../../core/mod.ts";

const ARCHITECTURE = new URL("../../ARCHITECTURE.md", import.meta.url);
const BEGIN = "<!-- diagram: made by deno task diagram -->\n";
const END = "<!-- end of diagram -->";

/** Events that lead from nearly everywhere to one state; drawn once, in words. */
const everywhere = new Set(["CancelRequested", "DeviceRevoked", "Preempt", "Supersede"]);

/** A Mermaid state diagram: one arrow for each pair of states, with the events that lead along it. */
export function diagram(): string {
  const arrows = new Map<string, Set<string>>();
  for (const state of Object.values(upgradeMachine.states)) {
    for (const [event, transitions] of state.transitions) {
      if (everywhere.has(event)) continue;
      for (const { target } of transitions) {
        if (!target?.[0]) continue;
        const arrow = `${state.key} --> ${target[0].key}`;
        arrows.set(arrow, (arrows.get(arrow) ?? new Set()).add(event));
      }
    }
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${[...events].join(", ")}`);
  const ends = terminalStates.filter((state) => upgradeMachine.states[state]);
  return [
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> queued: TaskQueued",
    ...lines,
    ...ends.map((state) => `  ${state} --> [*]`),
    "```",
    "",
  ].join("\n");
}

/** The document with the diagram between its marks. */
export function withDiagram(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("ARCHITECTURE.md has no place for the diagram");
  return document.slice(0, begin + BEGIN.length) + "\n" + diagram() + "\n" + document.slice(end);
}

if (import.meta.main) {
  await Deno.writeTextFile(ARCHITECTURE, withDiagram(await Deno.readTextFile(ARCHITECTURE)));
}
