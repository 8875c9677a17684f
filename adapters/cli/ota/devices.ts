/** `ota device …` */
import { deviceId, label, logPoint, TOKEN_OVERLAP_S_MAX } from "../../../core/mod.ts";
import { count } from "../args.ts";
import { erasedText } from "../erase/view.ts";
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
      flags: {
        at: checked(
          "TIME|SEQ",
          "As of that time or row of the log, and what changed until then",
          logPoint,
        ),
      },
    },
    ({ id, at }, desk) => at === undefined ? showDevice(id, desk) : showDeviceAt(id, at, desk),
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
      name: "device erase",
      summary: "Take personal data out of the rows of a device.",
      words,
      flags: {},
    },
    async ({ id }, desk) => {
      const answer = await desk.api.ask("POST", `/devices/${id}/erase`);
      show(desk, answer, erasedText(id, answer.erased, answer.pending).trimEnd());
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
  const now = paint(screen, "bold", table([[current.text]]));
  screen.write(`${aboutText(device)}\n\n${now}\n\n${changesText(items)}\n`);
}

/** The same as of a point: `{ device, items }`, as why it is not updated is a question of now. */
async function showDeviceAt(id: string, at: string, { api, screen, isJson }: Desk): Promise<void> {
  const device = await api.ask("GET", `/devices/${id}?at=${encodeURIComponent(at)}`);
  const { as_of: { seq, at: when } } = device;
  const items: Json[] = [];
  for await (const item of api.list(`/devices/${id}/explain`)) {
    if (item.seq > seq) break;
    items.push(item);
  }
  if (isJson) return screen.write(`${JSON.stringify({ device, items })}\n`);
  const then = paint(screen, "bold", `As of row ${seq} of ${when}.`);
  screen.write(`${aboutText(device)}\n\n${then}\n\n${changesText(items)}\n`);
}

function aboutText(device: Json): string {
  const about = deviceCells(device).map((cell, index) => [HEADS[index]!, cell]);
  return table(about.filter(([, cell]) => cell !== "" && cell !== "-"));
}

function changesText(items: readonly Json[]): string {
  const changes = items.map((item) => [
    item.at,
    item.task_id ?? "",
    item.to === undefined ? "" : `${item.from ?? "new"} → ${item.to}`,
    item.reason,
    item.text,
  ]);
  return table([["when", "task", "change", "reason", "in words"], ...changes]);
}
