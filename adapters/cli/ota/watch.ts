/** `ota watch`: tasks until they have ended. */
import { deviceId, taskId, taskStates } from "../../../core/mod.ts";
import { UsageError } from "../args.ts";
import { checked, words } from "../checked_args.ts";
import type { Screen } from "../terminal.ts";
import type { Api, Json } from "./api.ts";
import { follow, logEnd, pause } from "./follow.ts";
import { isEnd, TaskView } from "./task_view.ts";
import { verb } from "./verb.ts";
import type { Desk } from "./verb.ts";

/** The command. */
export const watchVerb = verb(
  {
    name: "watch",
    summary: "Watch tasks until they end: those named, a device's, or all open ones.",
    notes: [
      "Exit code 0: all of them succeeded; 1: one ended otherwise, or the engine stayed away.",
    ],
    words: { tasks: words("TASK", "The ids of the tasks", taskId) },
    flags: { device: checked("ID", "The open tasks of this device", deviceId) },
  },
  ({ tasks, device }, desk) => {
    if (tasks.length > 0 && device !== undefined) {
      throw new UsageError("Name tasks or a --device, not both.");
    }
    return watch(desk, tasks.length > 0 ? (api) => named(api, tasks) : (api) => open(api, device));
  },
);

/** Watches one task. */
export function watchTask(desk: Desk, task: string): Promise<boolean> {
  return watch(desk, (api) => named(api, [task]));
}

/** True when all of them succeeded. */
async function watch(
  { api, screen, isJson }: Desk,
  find: (api: Api) => Promise<Json[]>,
): Promise<boolean> {
  // The end of the log is asked for first: no change can fall between it and what follows.
  const end = await logEnd(api);
  const tasks = await find(api);
  const view = new TaskView(isJson ? unseen : screen, tasks.length);
  const print = (task: Json) => isJson && screen.write(`${JSON.stringify(task)}\n`);
  for (const task of tasks) {
    view.begin(task);
    print(task);
  }
  if (tasks.length === 0 && !isJson) screen.write("No task is open.\n");
  if (view.isOver) return view.isWell;
  const over = new AbortController();
  const asking = view.isRedrawn ? keepAsking(api, view, over.signal) : undefined;
  try {
    for await (const row of follow(api, end)) {
      if (!isJson) await ask(api, view, view.silentIn(row));
      const changed = view.take(row);
      for (const id of isJson ? changed : []) print(await api.ask("GET", `/tasks/${id}`));
      if (view.isOver || screen.isClosed) break;
    }
  } finally {
    over.abort();
    await asking;
  }
  return view.isWell;
}

/** Bytes that are given out are no rows: where somebody looks on, they are asked for now and then. */
async function keepAsking(api: Api, view: TaskView, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await pause(ASKED_EVERY_MS, over);
    // Whether the engine is away is for whoever follows the log to say.
    if (!over.aborted) await ask(api, view, view.silent).catch(() => {});
  }
}

async function ask(api: Api, view: TaskView, ids: readonly string[]): Promise<void> {
  for (const id of ids) view.tell(id, await api.ask("GET", `/tasks/${id}`));
}

const ASKED_EVERY_MS = 1_000;

/** A program reads the API's JSON instead. */
const unseen: Screen = { isTerminal: false, isColoured: false, write: () => {} };

function named(api: Api, tasks: readonly string[]): Promise<Json[]> {
  return Promise.all([...new Set(tasks)].map((id) => api.ask("GET", `/tasks/${id}`)));
}

/** Tasks that have not ended, state by state: there are few of them, and many that have. */
async function open(api: Api, device: string | undefined): Promise<Json[]> {
  const found = new Map<string, Json>();
  for (const state of taskStates.filter((state) => !isEnd(state))) {
    for await (const task of api.list("/tasks", { state, device_id: device })) {
      found.set(task.task_id, task);
    }
  }
  return [...found.values()].sort((a, b) => a.number - b.number);
}
