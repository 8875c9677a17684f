/** Bugs in the bytes that devices are given over MQTT, and in what is recommended to those who fetch. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

const FLOW = "engine/chunk_flow.ts";

export const chunkBugs: readonly Bug[] = [
  {
    name: "bytes leave though their task changed while they were read",
    finds: ["I21"],
    edits: [
      { file: FLOW, find: "{ id, policy: { image, size } }: Task,", replace: "was: Task," },
      {
        file: FLOW,
        find: "const { start, end } = part;",
        replace: "const { start, end } = part;\n    const { id, policy: { image, size } } = was;",
      },
      {
        file: FLOW,
        find: "const task = await this.#task(flow, id);\n    if (!task || this",
        replace: "const task = was;\n    if (this",
      },
    ],
    faults: { imageSlow: 300_000 },
  },
  bug(
    "what waits is given of whichever task is the active one",
    ["I21"],
    FLOW,
    "Object.assign(flow, { task: task.id, waiting: [], underWay: undefined });",
    "flow.task = task.id;",
    { imageSlow: 300_000 },
  ),
  bug(
    "bytes are named by their end",
    ["I21"],
    FLOW,
    "outbox.sendChunk!({ device, task: id, offset: start, bytes, done });",
    "outbox.sendChunk!({ device, task: id, offset: end, bytes, done });",
  ),
  bug(
    "the digests are those of the next chunks",
    ["I21"],
    FLOW,
    "images.chunkDigests(toHex(image), chunkBytes, from, count);",
    "images.chunkDigests(toHex(image), chunkBytes, from + 1, count);",
  ),
  bug(
    "a part that is asked for again while it is read is sent twice",
    ["I21"],
    FLOW,
    "underWay !== undefined && isSame(one, underWay) ||",
    "",
  ),
  bug(
    "more is on its way to a device than it has room for",
    ["I17"],
    "engine/chunk_window.ts",
    "if (open.bytes + bytes > CHUNK_WINDOW_BYTES) return false;",
    "",
  ),
  bug(
    "what was lost is waited for",
    ["L4"],
    FLOW,
    "this.#window.done(flow.device, sent);",
    'if (how !== "lost") this.#window.done(flow.device, sent);',
    { loss: 100_000 },
  ),
  bug(
    "what could not be read is waited for",
    ["L4"],
    FLOW,
    "let isGiven = false;",
    "let isGiven = true;",
    { imageUnread: 300_000 },
  ),
  bug(
    "a device is sent to and fro at once",
    ["I22"],
    "network/switch_reason.ts",
    "return switchedAt > 0 && at - switchedAt < ms;",
    "return switchedAt > at + ms;",
  ),
  bug(
    "who has no session is sent to the broker",
    ["I22"],
    "network/recommend.ts",
    "const reason = measured.isListening\n    ? switchReason",
    'const reason = measured.isListening || standing.transport === "http"\n    ? switchReason',
  ),
  bug(
    "what is recommended is told to another device",
    ["I7", "I22"],
    "engine/workspace.ts",
    "if (made) this.send(id, made.message, made.owed);",
    'if (made) this.send(made.owed ? id : "dev-1", made.message, made.owed);',
  ),
  bug(
    "an offer names the transport that was wished for, whatever is recommended since",
    ["I22"],
    "device/messages.ts",
    "return { baseUrl, transport: standingOf(device).transport };",
    'return { baseUrl, transport: device.transport ?? "http" };',
  ),
  bug(
    "the wish for a transport is forgotten",
    ["I4", "I5", "I22"],
    "device/fold.ts",
    "if (transport !== undefined) this.#learnTransport(transport);",
    "",
  ),
];
