/** What no row says yet: the bytes of an image that are being given out at this moment. */
import type { Task } from "../../core/mod.ts";
import type { HttpDeps } from "./route.ts";

/** The task with the record of its transfers as it is now. */
export function asNow({ engine }: HttpDeps, task: Task): Task {
  return { ...task, transfers: engine.transfersOf(task) };
}
