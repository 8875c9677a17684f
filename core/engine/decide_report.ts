/** What a device's report leads to: a fact, an answer without one, or a refusal. */
import { interpretReport } from "../device/interpret.ts";
import type { FactDraft, Interpretation, Refusal } from "../device/interpret.ts";
import {
  idleMessage,
  messageFor,
  messageOf,
  rejectedMessage,
  sourceOf,
} from "../device/messages.ts";
import { owedAt } from "../device/owed.ts";
import { activeTask } from "../device/queue.ts";
import { taskOf } from "../device/state.ts";
import type { Device, Owed } from "../device/state.ts";
import { isToFetch } from "../device/to_fetch.ts";
import type { DeviceFact, FactData } from "../log/mod.ts";
import type { DeviceEffectData } from "../upgrade/events.ts";
import type { Running } from "../upgrade/running.ts";
import { isWaiting } from "../upgrade/task.ts";
import { answeredBefore, noteAnswer } from "./answered.ts";
import { confirmFetched, confirmUpTo } from "./confirm.ts";
import type { ReportInput } from "./inputs.ts";
import { reject } from "./reject.ts";
import type { Surroundings } from "./surroundings.ts";
import { queueWished } from "./wished.ts";
import type { Recorded, Workspace } from "./workspace.ts";

/** Decides a report of a device that is known and not revoked. */
export async function decideReport(
  work: Workspace,
  device: Device,
  input: ReportInput,
  around: Surroundings,
): Promise<Recorded | undefined> {
  const { parsed } = input;
  if ("code" in parsed) {
    return refuse(work, device, input, { ...parsed, task: activeTask(device.tasks) }, around);
  }
  const answered = answeredBefore(around.answered, device.id, parsed);
  if (answered) {
    if (answered.message) work.send(device.id, answered.message);
    return;
  }
  const { via, packet } = input;
  const meaning = interpretReport(device, parsed, { via, packet, at: work.at });
  switch (meaning.type) {
    case "refused":
      return refuse(work, device, input, meaning.refusal, around);
    case "repeat":
      if (parsed.kind === "request") repeatRequest(work, device, meaning.effects);
      else answerRepeat(work, device, meaning.effects);
      return;
    case "fact":
      return meaning.fact.type === "UpdateRequested"
        ? await takeRequest(work, device, meaning.fact, around)
        : takeFact(work, device, input, meaning, around);
  }
}

/** A request is always answered: where nothing waits for the device, it may have what it asks for. */
async function takeRequest(
  work: Workspace,
  device: Device,
  fact: Extract<FactDraft, { type: "UpdateRequested" }>,
  { deviceRequests }: Surroundings,
): Promise<Recorded | undefined> {
  const { id } = device;
  const runs = await versionRunning(work, device, fact.data);
  const known = runs === undefined ? fact : { ...fact, data: { ...fact.data, runs } };
  const recorded = work.recordDevice(id, stamp(work, id, known));
  if (fact.data.fetch_only) confirmFetched(work, device, recorded?.seq ?? null);
  const made = deviceRequests === "allow"
    ? await queueWished(work, id, fact.data, recorded?.seq ?? null)
    : undefined;
  const sent = [...recorded?.effects ?? [], ...made?.effects ?? []];
  answerRequest(work, work.peek(id)!, sent, fact.data.fetch_only ? fact.data : undefined);
  return recorded;
}

/** Whoever names a digest alone runs the version whose image that is. */
async function versionRunning(
  work: Workspace,
  device: Device,
  { current_version, running, product }: FactData<"UpdateRequested">,
): Promise<string | undefined> {
  if (current_version !== undefined || running === undefined) return undefined;
  return await work.images.knownBy(device.product ?? product ?? null, running);
}

function takeFact(
  work: Workspace,
  device: Device,
  input: ReportInput,
  { fact, about }: Extract<Interpretation, { type: "fact" }>,
  around: Surroundings,
): Recorded | undefined {
  const recorded = work.recordDevice(device.id, stamp(work, device.id, fact));
  if (fact.type === "ProgressReported") {
    work.progress.push({ device: device.id, received: fact.data.received, via: input.via });
  }
  if (!recorded && !isQuietProgress(fact, about)) {
    return refuse(work, device, input, wrongPhase(about?.state, about), around);
  }
  if (!recorded) noteAnswer(around.answered, device.id, input.parsed);
  if (input.via === "http" && about) confirmUpTo(work, device, about, recorded?.seq ?? null);
  return recorded;
}

/** Progress that the machine judged not worth a fact is taken without one. */
function isQuietProgress(fact: FactDraft, task: Refusal["task"]): boolean {
  return fact.type === "ProgressReported" &&
    (task?.state === "downloading" || task?.state === "verifying");
}

function wrongPhase(state: string | undefined, task: Refusal["task"]): Refusal {
  return { code: "wrong_phase", reason: `The task is ${state}; this does not fit.`, task };
}

function stamp(work: Workspace, id: string, draft: FactDraft): DeviceFact {
  return { ...draft, at: work.at, actor: `device:${id}` } as DeviceFact;
}

/**
 * Every request is answered: with the metadata of the active task, what is owed, or `idle`. `check`: what
 * a client said that only fetches.
 */
export function answerRequest(
  work: Workspace,
  device: Device,
  sent: readonly DeviceEffectData[],
  check?: Running,
): void {
  const active = activeTask(device.tasks);
  const told = new Set(sent.map((effect) => effect.task));
  sendOwed(
    work,
    device,
    ({ task, kind }) => !told.has(task) && !(task === active?.id && kind === "metadata"),
  );
  if (!active || check && !isToFetch(active, check)) {
    return work.send(device.id, idleMessage(device));
  }
  if (sent.some(({ type, task }) => type === "sendMetadata" && task === active.id)) return;
  const owed = { task: active.id, kind: "metadata", attempt: active.attempt } as const;
  work.send(device.id, messageOf("metadata", active, sourceOf(device, work.baseUrl)), owed);
}

/** Sends what is owed again, as the device is there to take it. */
export function sendOwed(
  work: Workspace,
  device: Device,
  wanted: (owed: Owed) => boolean = () => true,
): void {
  for (const owed of owedAt(device, work.at)) {
    const { task: id, kind, attempt } = owed;
    const task = taskOf(device, id);
    if (!task || !wanted(owed)) continue;
    const message = messageOf(kind, task, sourceOf(device, work.baseUrl));
    work.send(device.id, message, { task: id, kind, attempt });
  }
}

/** Of the active task a request is told where it is now; of any other what it was told before. */
function repeatRequest(
  work: Workspace,
  device: Device,
  effects: readonly DeviceEffectData[],
): void {
  const active = activeTask(device.tasks);
  const others = effects.filter(({ task }) => task !== active?.id);
  answerRepeat(work, device, others);
  answerRequest(work, device, others);
}

function answerRepeat(
  work: Workspace,
  device: Device,
  effects: readonly DeviceEffectData[],
): void {
  for (const effect of effects) {
    const made = messageFor(device, effect, work.baseUrl);
    if (made) work.send(device.id, made.message, made.owed);
  }
}

/** Refuses the report; a repeat of it will be refused alike. */
function refuse(
  work: Workspace,
  device: Device,
  { report, parsed }: ReportInput,
  refusal: Refusal,
  { leftOut, answered }: Surroundings,
): Recorded | undefined {
  // Whoever was told to say it later, or less often, may say it again.
  const isForNow = refusal.code === "rate_limited" || refusal.task && isWaiting(refusal.task);
  if (!isForNow) noteAnswer(answered, device.id, parsed, rejectedMessage(refusal));
  return reject(work, device, report, refusal, leftOut);
}
