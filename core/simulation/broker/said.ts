/** What the engine makes of a message that came by the broker. */
import type { Answer } from "../../engine/mod.ts";
import { parseReport } from "../../protocol/mod.ts";
import type { Running } from "../running.ts";
import type { Said } from "../network/mqtt.ts";

/** What a device says, and how it came. */
export interface Delivered {
  readonly said: Said;
  /** Of its packet, where that can come again. */
  readonly key: string | undefined;
  readonly isRepeat: boolean;
}

/** A refused report leaves nothing in its device's state; `later`: it has to come again. */
export type Outcome = "taken" | "refused" | "later";

const utf8 = new TextEncoder();

/** Tells the engine; `done` is told what became of it. */
export function decideSaid(
  running: Running,
  { said: { device, kind, payload }, key, isRepeat }: Delivered,
  done: (outcome: Outcome) => void,
): void {
  const { engine, life } = running;
  if (kind === "gone") {
    void engine.left(device).then((isTaken) => {
      if (life.survives()) done(isTaken ? "taken" : "later");
    });
    return;
  }
  const parsed = parseReport(kind, utf8.encode(payload));
  const packet = key === undefined ? undefined : { key, isRepeat };
  running.submit(
    { kind: "report", device, report: kind, parsed, via: "mqtt", packet },
    (answer) => {
      if (answer.ok) engine.heard(device);
      done(outcomeOf(answer));
    },
  );
}

/** What was refused otherwise than with 503 is not taken any better the next time. */
function outcomeOf(answer: Answer): Outcome {
  if (!answer.ok) return answer.problem.status === 503 ? "later" : "refused";
  return answer.messages.some(({ message }) => message.kind === "rejected") ? "refused" : "taken";
}
