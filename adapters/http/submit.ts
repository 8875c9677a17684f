/** Commands to the engine, and its refusals as problems. */
import type { Command, CommandResult } from "../../core/engine/mod.ts";
import { problemResponse } from "./problems.ts";
import type { Caller, HttpDeps } from "./route.ts";

/** Gives the command to the engine; its result becomes a response by `done`. */
export async function command(
  deps: HttpDeps,
  caller: Caller,
  given: Command,
  done: (result: CommandResult) => Response | Promise<Response>,
): Promise<Response> {
  const actor = actorOf(caller);
  const answer = await deps.engine.submit({ kind: "command", actor, command: given });
  return answer.ok
    ? await done(answer.result ?? { type: "done" })
    : problemResponse(answer.problem);
}

/** Who is on record for a command. */
export function actorOf(caller: Caller): string {
  return caller.kind === "operator" ? caller.actor : "operator:api";
}
