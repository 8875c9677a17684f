/** `ota task …` and `ota upgrade` */
import {
  checksum,
  completion,
  deviceId,
  DURATION_S_MAX,
  priority,
  RETRIES_MAX,
  taskId,
  taskLimits,
  taskStates,
  versionName,
} from "../../../core/mod.ts";
import { count, toggle, UsageError } from "../args.ts";
import type { Flag } from "../args.ts";
import { checked, oneOf, word } from "../checked_args.ts";
import { table } from "../terminal.ts";
import { flagName } from "./api.ts";
import type { Api, Json } from "./api.ts";
import { show, showList, verb } from "./verb.ts";
import type { Verb } from "./verb.ts";
import { watchTask } from "./watch.ts";

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

const HEADS = ["task", "device", "version", "state", "reason", "attempt", "stored", "updated"];

function taskCells(task: Json): string[] {
  const { task_id, device_id, version, state, reason = "", attempt, max_attempts } = task;
  const stored = `${task.size > 0 ? Math.floor(100 * task.received / task.size) : 100} %`;
  const tries = `${attempt} of ${max_attempts}`;
  return [task_id, device_id, version, state, reason, tries, stored, task.updated_at];
}

const LIMITS = Object.keys(taskLimits.shape);

/** `state=seconds`, as often as there are states. */
const limits: Flag<Record<string, number>> = {
  value: "STATE=S",
  help: `Seconds that a state may last, such as offered=3600; repeatable`,
  isMany: true,
  read: (_, name, all) =>
    Object.fromEntries(all.map((text) => {
      const [, state = "", seconds] = /^([a-z_]+)=(\d{1,8})$/.exec(text) ?? [];
      if (LIMITS.includes(state) && Number(seconds) >= 1 && Number(seconds) <= DURATION_S_MAX) {
        return [state, Number(seconds)];
      }
      throw new UsageError(
        `--${name} must be a state and seconds such as offered=3600, not "${text}". ` +
          `The states are ${LIMITS.join(", ")}.`,
      );
    })),
};

/** `ota upgrade` */
export const upgradeVerb = verb(
  {
    name: "upgrade",
    summary: "Order an upgrade of a device to a version.",
    notes: ["With --watch, exit code 0 means that it succeeded, 1 that it ended otherwise."],
    words: {
      device: word("DEVICE", "The id of the device", deviceId),
      version: word("VERSION", "The version to go to", versionName),
    },
    flags: {
      checksum: checked(
        "SHA256",
        "The image must be this one, sha256:… [the firmware's]",
        checksum,
      ),
      priority: oneOf("CLASS", "What goes first", priority.options),
      completion: oneOf("PROOF", "What success needs", completion.options),
      retries: count("Attempts after the first [3]", undefined, 0, RETRIES_MAX),
      "chunk-size": count("KiB of a chunk [512]", undefined, 1, 16_384),
      "expires-in": count("Seconds that it may wait [30 days]", undefined, 1, DURATION_S_MAX),
      limit: limits,
      "allow-downgrade": toggle("Even to a lower version than the device runs"),
      watch: toggle("Watch it until it has ended"),
    },
  },
  async (given, desk) => {
    const { device, version, priority, completion, retries, limit } = given;
    const answer = await desk.api.ask("POST", "/firmware/upgrade", {
      device_id: device,
      firmware_version: version,
      checksum: given.checksum ?? await checksumOf(desk.api, device, version),
      priority,
      completion,
      retries,
      chunk_size: given["chunk-size"],
      expires_in: given["expires-in"],
      limits: limit,
      allow_downgrade: given["allow-downgrade"],
    });
    if (given.watch) return await watchTask(desk, answer.task_id);
    show(desk, answer, `${answer.task_id} brings ${version} to ${device}.`);
  },
  (path) =>
    path.startsWith("limits.")
      ? `--limit ${path.slice("limits.".length)}`
      : path === "device_id"
      ? "DEVICE"
      : path === "firmware_version"
      ? "VERSION"
      : flagName(path),
);

/** The checksum of the version of the device's product, or failing that of the one without. */
async function checksumOf(api: Api, device: string, version: string): Promise<string> {
  const { product } = await api.ask("GET", `/devices/${device}`);
  const query = product === undefined ? "" : `?product=${encodeURIComponent(product)}`;
  return (await api.ask("GET", `/firmware/${version}${query}`)).checksum;
}
