/** Bugs in the bytes that devices are given over MQTT, and in what is recommended to those who fetch. */
import { bug } from "../bug.ts";
import type { Bug } from "../bug.ts";

const FLOW = "engine/chunk_flow.ts";

export const chunkBugs: readonly Bug[] = [
  bug(
    "bytes leave though their task changed while they were read",
    ["I21"],
    FLOW,
    "const task = await this.#task(flow, id);\n    return task && { task, bytes };",
    "return { task: before, bytes };",
    { imageSlow: 300_000 },
  ),
  bug(
    "what waits is given of whichever task is the active one",
    ["I21"],
    FLOW,
    "if (flow.task !== task) Object.assign(flow, { task, waiting: [] });",
    "flow.task = task;",
    { imageSlow: 300_000 },
  ),
  bug(
    "bytes are named by their end",
    ["I21"],
    FLOW,
    "sendChunk!({ device, task: task.id, offset: part.start, bytes, done });",
    "sendChunk!({ device, task: task.id, offset: part.end, bytes, done });",
  ),
  bug(
    "the digests are those of the next chunks",
    ["I21"],
    FLOW,
    "chunkDigests(toHex(task.policy.image), chunkBytes, from, count);",
    "chunkDigests(toHex(task.policy.image), chunkBytes, from + 1, count);",
  ),
  bug(
    "a part that is asked for again while it is read is sent twice",
    ["I21"],
    FLOW,
    "giving?.task === task && isSame(one, giving.wanted) ||",
    "",
  ),
  bug(
    "more is on its way to a device than it has room for",
    ["I17"],
    "engine/chunk_window.ts",
    "if (open.bytes + bytes > limits.bytes || open.parts >= limits.parts) return false;",
    "",
  ),
  {
    name: "bytes leave while it is in doubt what is on record",
    finds: ["I20"],
    edits: [
      {
        file: "engine/giving.ts",
        find: "if (!isWell()) return undefined;\n      const known = committed(id) ??",
        replace: "const known = deps.known(id) ??",
      },
      {
        file: "engine/giving.ts",
        find: "return isWell() ? known : undefined;",
        replace: "return known;",
      },
      {
        file: "engine/giving.ts",
        find: "export interface GivingDeps {",
        replace: "export interface GivingDeps {\n  known(id: string): Device | undefined;",
      },
      {
        file: "engine/engine.ts",
        find: "isWell: () => this.isWell,",
        replace:
          "isWell: () => this.isWell,\n      known: (id: string) => this.#ledger.cached(id)?.device,",
      },
    ],
    faults: { writeError: 200_000 },
  },
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
    "if (!ready) this.#window.release(flow.device, wanted);",
    "if (this.#isClosed) this.#window.release(flow.device, wanted);",
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
