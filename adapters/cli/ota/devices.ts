/** `ota device …` */
import { deviceId, label, TOKEN_OVERLAP_S_MAX } from "../../../core/mod.ts";
import { count } from "../args.ts";
import { checked, list, word } from "../checked_args.ts";
import { paint, table } from "../terminal.ts";
import type { Json } from "./api.ts";
import { show, showList, verb } from "./verb.ts";
import type { Desk, Verb } from "./verb.ts";

const words = { id: word("ID", "The id of the device", deviceId) };

/** The commands, in the order of their help. */
export const deviceVerbs: readonly Verb[] = [
  verb(
    {
      name: "device add",
      summary: "Make a device known. Its token is printed this once.",
      words,
      flags: {
        product: checked("NAME", "The product it belongs to", label),
        hardware: checked("NAME", "The hardware it is", label),
        tag: list("NAME", "A label of yours; may be given several times", label),
      },
    },
    async ({ id, product, hardware, tag }, desk) => {
      const body = { device_id: id, product, hardware, ...(tag.length > 0 ? { tags: tag } : {}) };
      const answer = await desk.api.ask("POST", "/devices", body);
      show(desk, answer, `${id} is known. Its token, shown this once:\n${answer.token}`);
    },
    (path) => path.startsWith("tags") ? "--tag" : path === "device_id" ? "ID" : `--${path}`,
  ),
  verb(
    { name: "device list", summary: "All devices.", flags: {} },
    (_, desk) => showList(desk, desk.api.list("/devices"), HEADS, deviceCells),
  ),
  verb(
    {
      name: "device show",
      summary: "A device, where it is now, what changed and why.",
      words,
      flags: {},
    },
    ({ id }, desk) => showDevice(id, desk),
  ),
  verb(
    {
      name: "device token",
      summary: "Give a device a new token. It is printed this once.",
      words,
      flags: {
        overlap: count("The old one stays valid for N seconds", 0, 0, TOKEN_OVERLAP_S_MAX),
      },
    },
    async ({ id, overlap }, desk) => {
      const answer = await desk.api.ask("POST", `/devices/${id}/token`, { overlap });
      const old = overlap > 0 ? `is valid for ${overlap} s more` : "is not valid any more";
      show(
        desk,
        answer,
        `The old token of ${id} ${old}. The new one, shown this once:\n${answer.token}`,
      );
    },
  ),
  verb(
    {
      name: "device revoke",
      summary: "Shut a device out for good; its tasks end.",
      words,
      flags: {},
    },
    async ({ id }, desk) => {
      await desk.api.ask("DELETE", `/devices/${id}`);
      if (!desk.isJson) desk.screen.write(`${id} is revoked; its tasks are cancelled.\n`);
    },
  ),
];

const HEADS = [
  "device",
  "product",
  "hardware",
  "version",
  "task",
  "waiting",
  "last contact",
  "tags",
];

function deviceCells(device: Json): string[] {
  const { device_id, product = "-", hardware = "-", version = "-", queue, tags, revoked } = device;
  const task = revoked ? "revoked" : device.active_task ?? "-";
  const heard = device.last_contact_at ?? "never";
  return [device_id, product, hardware, version, task, `${queue.length}`, heard, tags.join(", ")];
}

/** Everything about one device: `{ device, current, items }` for a program. */
async function showDevice(id: string, { api, screen, isJson }: Desk): Promise<void> {
  const device = await api.ask("GET", `/devices/${id}`);
  const { current } = await api.ask("GET", `/devices/${id}/explain?limit=1`);
  const items = await Array.fromAsync(api.list(`/devices/${id}/explain`));
  if (isJson) return screen.write(`${JSON.stringify({ device, current, items })}\n`);
  const about = deviceCells(device).map((cell, index) => [HEADS[index]!, cell])
    .filter(([, cell]) => cell !== "" && cell !== "-");
  screen.write(`${table(about)}\n\n${paint(screen, "bold", table([[current.text]]))}\n\n`);
  const changes = items.map((item) => [
    item.at,
    item.task_id ?? "",
    item.to === undefined ? "" : `${item.from ?? "new"} → ${item.to}`,
    item.reason,
    item.text,
  ]);
  screen.write(`${table([["when", "task", "change", "reason", "in words"], ...changes])}\n`);
}
