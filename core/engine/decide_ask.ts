/** What a device's ask for bytes or digests leads to: it is given them after the commit, or a refusal. */
import { judgeAsk } from "../device/asked.ts";
import type { Refusal } from "../device/interpret.ts";
import { activeTask } from "../device/queue.ts";
import type { Device } from "../device/state.ts";
import type { AskInput } from "./inputs.ts";
import { reject } from "./reject.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Recorded, Workspace } from "./workspace.ts";

/** Decides an ask of a device that is known and not revoked. */
export function decideAsk(
  work: Workspace,
  device: Device,
  { ask, parsed }: AskInput,
  { leftOut, hasRoom }: Surroundings,
): Recorded | undefined {
  const task = activeTask(device.tasks);
  const refuse = (refusal: Refusal) => reject(work, device, ask, refusal, leftOut);
  if ("code" in parsed) return refuse({ ...parsed, task });
  if (!hasRoom) {
    const reason = "This engine gives bytes over HTTP alone. Fetch the url.";
    return refuse({ code: "not_allowed", reason, task });
  }
  const asked = judgeAsk(device, parsed);
  if ("code" in asked) return refuse(asked);
  // What is given by this batch waits already, as it were.
  if (!hasRoom(device.id, work.givenTo(device.id) + asked.wanted.length)) {
    const reason = "You ask for more than you take. Wait for what is on its way.";
    return refuse({ code: "rate_limited", reason, task });
  }
  work.give(device.id, asked);
  const [first] = asked.wanted;
  if (first?.kind !== "part") return undefined;
  return work.recordDevice(device.id, {
    type: "ArtifactRequested",
    at: work.at,
    actor: `device:${device.id}`,
    task: asked.task.id,
    data: { from: first.start },
  });
}
