/** `ota task …` */
import { deviceId, taskId, taskStates } from "../../../core/mod.ts";
import { checked, oneOf, word } from "../checked_args.ts";
import { table } from "../terminal.ts";
import type { Json } from "./api.ts";
import { soFarOf } from "./so_far.ts";
import { show, showList, verb } from "./verb.ts";
import type { Verb } from "./verb.ts";

const words = { id: word("ID", "The id of the task", taskId) };

/** The commands about tasks, in the order of their help. */
export const taskVerbs: readonly Verb[] = [
  verb(
    {
      name: "task list",
      summary: "Tasks, oldest first.",
      flags: {
        device: checked("ID", "Those of this device", deviceId),
        state: oneOf("STATE", "Those in this state", taskStates),
      },
    },
    ({ device: device_id, state }, desk) =>
      showList(desk, desk.api.list("/tasks", { device_id, state }), HEADS, taskCells),
  ),
  verb(
    { name: "task show", summary: "A task.", words, flags: {} },
    async ({ id }, desk) => {
      const task = await desk.api.ask("GET", `/tasks/${id}`);
      const cells = Object.entries(task).map(([name, value]) => [name, String(value)]);
      show(desk, task, table(cells));
    },
  ),
  verb(
    {
      name: "task cancel",
      summary: "End a task, as long as its device does not install.",
      words,
      flags: {},
    },
    async ({ id }, desk) => {
      const task = await desk.api.ask("POST", `/tasks/${id}/cancel`);
      show(desk, task, `${id} is ${task.state}.`);
    },
  ),
];

const HEADS = ["task", "device", "version", "state", "reason", "attempt", "image", "updated"];

function taskCells(task: Json): string[] {
  const { task_id, device_id, version, state, reason = "", attempt, max_attempts } = task;
  const { share, word: what } = soFarOf(task);
  const tries = `${attempt} of ${max_attempts}`;
  return [
    task_id,
    device_id,
    version,
    state,
    reason,
    tries,
    `${Math.floor(100 * share)} % ${what}`,
    task.updated_at,
  ];
}
