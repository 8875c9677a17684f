/**
 * What devices have asked for of their images and were not sent yet, by PROTOCOL §1 alone: every part of an
 * ask, until it is sent or of no use any more.
 */
import type { Answer, AskInput, OutboundChunk } from "../../engine/mod.ts";
import type { Life, Submission } from "../watch.ts";

/** A part that was asked for. */
export interface AskedPart {
  /** The task it is of; `undefined`: the active one. */
  readonly task: string | undefined;
  readonly start: number;
  /** As it was asked for: the image may end before. */
  readonly length: number;
  /** Simulated time. */
  readonly since: number;
  /** The ask, while it is not answered. */
  pending: Submission | undefined;
}

/** The digests that were asked for. */
export type AskedDigests = Pick<AskedPart, "task" | "since" | "pending"> & {
  readonly from: number;
  readonly count: number;
};

interface Asked {
  parts: AskedPart[];
  digests: AskedDigests[];
}

/** What is asked for in each life. */
export class AskedBytes {
  readonly #lives = new Map<Life, Map<string, Asked>>();

  submitted(submission: Submission, now: number): void {
    const { input, life } = submission;
    if (input.kind !== "ask" || "code" in input.parsed) return;
    const asked = this.#of(life, input.device);
    const { parts, digests } = saidIn(input.parsed);
    const own = { task: input.parsed.body.task_id, since: now, pending: submission };
    asked.parts.push(...parts.map((part) => ({ ...own, ...part })));
    asked.digests.push(...digests.map((some) => ({ ...own, ...some })));
  }

  /** What was refused need not come, and must not. */
  answered(submission: Submission, answer: Answer): void {
    const { input, life } = submission;
    if (input.kind !== "ask") return;
    const isTaken = answer.ok &&
      !answer.messages.some(({ message }) => message.kind === "rejected");
    const asked = this.#of(life, input.device);
    const isOf = ({ pending }: Pick<AskedPart, "pending">) => pending === submission;
    if (isTaken) {
      for (const one of [...asked.parts, ...asked.digests]) {
        if (isOf(one)) one.pending = undefined;
      }
    } else this.#keep(asked, (one) => !isOf(one));
  }

  /** Whether it was asked for, of an image of that size: all asks for the same bytes so far are answered by it. */
  takePart(life: Life, { device, task, offset, bytes }: OutboundChunk, size: number): boolean {
    const asked = this.#of(life, device);
    const end = offset + bytes.length;
    const isIt = ({ task: of = task, start, length }: AskedPart) =>
      of === task && start === offset && Math.min(start + length, size) === end;
    const isAsked = asked.parts.some(isIt);
    asked.parts = asked.parts.filter((part) => !isIt(part) || part.pending);
    return isAsked;
  }

  /** The same of digests. */
  takeDigests(life: Life, device: string, task: string, from: number, count: number): boolean {
    const asked = this.#of(life, device);
    const isIt = (some: AskedDigests) =>
      (some.task ?? task) === task && some.from === from && some.count >= count;
    const isAsked = asked.digests.some(isIt);
    asked.digests = asked.digests.filter((some) => !isIt(some) || some.pending);
    return isAsked;
  }

  /** What the device asked for before is of no use any more; what is not answered yet may be. */
  forget(device: string, only?: Life): void {
    for (const [life, devices] of this.#lives) {
      const asked = devices.get(device);
      if (asked && (!only || life === only)) this.#keep(asked, ({ pending }) => pending);
    }
  }

  /** The same of all devices of a life. */
  forgetAll(life: Life): void {
    for (const device of this.#lives.get(life)?.keys() ?? []) this.forget(device, life);
  }

  died(life: Life): void {
    this.#lives.delete(life);
  }

  /** What a life has taken and not sent: the oldest part of each device. */
  *oldest(life: Life): Iterable<readonly [device: string, part: AskedPart]> {
    for (const [device, { parts }] of this.#lives.get(life) ?? []) {
      const part = parts.find(({ pending }) => !pending);
      if (part) yield [device, part];
    }
  }

  #keep(asked: Asked, keeps: (one: Pick<AskedPart, "pending">) => unknown): void {
    asked.parts = asked.parts.filter(keeps);
    asked.digests = asked.digests.filter(keeps);
  }

  #of(life: Life, device: string): Asked {
    const devices = this.#lives.get(life) ?? new Map<string, Asked>();
    this.#lives.set(life, devices);
    const asked = devices.get(device) ?? { parts: [], digests: [] };
    devices.set(device, asked);
    return asked;
  }
}

type Ask = Exclude<AskInput["parsed"], { code: string }>;

function saidIn(ask: Ask): {
  readonly parts: readonly Pick<AskedPart, "start" | "length">[];
  readonly digests: readonly Pick<AskedDigests, "from" | "count">[];
} {
  if (ask.kind === "chunks/request") return { parts: [], digests: [ask.body] };
  const { parts, offset = 0, length = 0 } = ask.body;
  const all = parts ?? [[offset, length] as const];
  return { parts: all.map(([start, length]) => ({ start, length })), digests: [] };
}
