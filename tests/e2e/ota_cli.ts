/** The operators' commands against a house, as a person or a program reads them. */
import assert from "node:assert/strict";
import { runOta } from "../../adapters/cli/mod.ts";
import { soon } from "./house.ts";
import type { Stage } from "./house.ts";
import { Paper } from "../adapters/cli/paper.ts";

/** Whether a command said that all is well. */
export function run(stage: Stage, paper: Paper, ...args: string[]): Promise<boolean> {
  const environment = { url: stage.house.httpUrl, token: stage.house.operator.token };
  return soon(runOta(args, paper, environment), `the end of ota ${args}`);
}

/** What a command printed on a pipe. */
export async function ota(stage: Stage, ...args: string[]): Promise<string> {
  const paper = new Paper(false);
  assert.ok(await run(stage, paper, ...args), paper.text);
  return paper.text.trimEnd();
}

/** The objects of JSON lines. */
// deno-lint-ignore no-explicit-any -- each route has its own answer
export async function json(stage: Stage, ...args: string[]): Promise<any[]> {
  const text = await ota(stage, ...args, "--json");
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line));
}

/** Waits until that stands on the paper, or anything. */
export async function untilText(paper: Paper, text = /./): Promise<void> {
  const until = performance.now() + 20_000;
  while (!text.test(paper.text)) {
    assert.ok(performance.now() < until, `never shown: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
