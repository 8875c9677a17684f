/** What leaves after the commit: the answer to each input, messages to devices, cut connections. */
import { problem } from "../protocol/mod.ts";
import type { Problem, RejectedCode } from "../protocol/mod.ts";
import type { Answer, CommandResult, Input } from "./inputs.ts";
import type { Outbox } from "./ports.ts";
import type { Workspace } from "./workspace.ts";

/** The answer to an input that was decided; its messages are those from the `sent`th on. */
export function answerOf(
  result: CommandResult | Problem | undefined,
  work: Workspace,
  sent: number,
  input: Input,
): Answer {
  if (result && "status" in result) return { ok: false, problem: result };
  const messages = input.kind === "command" ? [] : work.outgoing.slice(sent);
  return { ok: true, messages, ...(result ? { result } : {}) };
}

/** The answer to an input that the engine cannot take now. */
export function notNow(detail: string): Answer {
  return { ok: false, problem: problem(503, detail) };
}

/** Why a report was refused, as its device was told; `undefined`: it was taken, or is none. */
export function rejectionOf(answer: Answer): RejectedCode | undefined {
  for (const { message } of answer.ok ? answer.messages : []) {
    if (message.kind === "rejected") return message.payload.code;
  }
  return undefined;
}

/** Everything is durable: one message that cannot be handed over is no reason to keep the others. */
export function dispatch(
  outbox: Outbox,
  { outgoing, cut }: Pick<Workspace, "outgoing" | "cut">,
  onFault: (error: unknown) => void,
): void {
  const calls = [
    ...outgoing.map((message) => () => outbox.send(message)),
    ...cut.map((device) => () => outbox.disconnect(device)),
  ];
  for (const call of calls) {
    try {
      call();
    } catch (error) {
      onFault(error);
    }
  }
}
