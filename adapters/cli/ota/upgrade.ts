/** `ota upgrade` */
import {
  checksum,
  completion,
  deviceId,
  DURATION_S_MAX,
  priority,
  RETRIES_MAX,
  taskLimits,
  versionName,
} from "../../../core/mod.ts";
import { becauseOf } from "../../../core/engine/mod.ts";
import { count, toggle, UsageError } from "../args.ts";
import type { Flag } from "../args.ts";
import { checked, oneOf, word } from "../checked_args.ts";
import { flagName } from "./api.ts";
import type { Api, Json } from "./api.ts";
import { isEnd } from "./task_view.ts";
import { show, verb } from "./verb.ts";
import { watchTask } from "./watch.ts";

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

/** The command. */
export const upgradeVerb = verb(
  {
    name: "upgrade",
    summary: "Order an upgrade of a device to a version.",
    notes: [
      "Exit code 0: it is ordered, with --watch it succeeded; 1: it was refused, or ended otherwise,",
      "if only since the device runs a newer version already.",
    ],
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
    const { task_id } = await desk.api.ask("POST", "/firmware/upgrade", {
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
    const task = await desk.api.ask("GET", `/tasks/${task_id}`);
    const isVain = isEnd(task.state) && task.state !== "succeeded";
    if (isVain && !desk.isJson) throw new Error(vainText(task));
    if (given.watch) return await watchTask(desk, task_id);
    show(desk, task, `${task_id} brings ${version} to ${device}.`);
    return !isVain;
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

/** An order that is taken may have ended by then: what became of it, and what to do. */
function vainText({ task_id, version, state, reason }: Json): string {
  const why = becauseOf[reason as keyof typeof becauseOf] ?? reason ?? "it says no more";
  const todo = reason === "newer_version"
    ? `Add --allow-downgrade if ${version} is meant.`
    : `See deno task ota task show ${task_id}.`;
  return `${task_id} brings nothing, it is ${state} already: ${why}. ${todo}`;
}

/** The checksum of the version of the device's product, or failing that of the one without. */
async function checksumOf(api: Api, device: string, version: string): Promise<string> {
  const { product } = await api.ask("GET", `/devices/${device}`);
  const query = product === undefined ? "" : `?product=${encodeURIComponent(product)}`;
  return (await api.ask("GET", `/firmware/${version}${query}`)).checksum;
}
