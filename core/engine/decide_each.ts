/** The inputs of a batch, decided one after the other. */
import type { Waiting } from "./batches.ts";
import { decide } from "./decide.ts";
import { answerOf } from "./dispatch.ts";
import type { Answer } from "./inputs.ts";
import { StoreError } from "./ports.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Workspace } from "./workspace.ts";

/** What the first inputs of a batch lead to. */
export interface Decided {
  /** One for each of them, in their order. */
  readonly answers: readonly Answer[];
  /** The one behind them made us fail. */
  readonly fault?: { readonly error: unknown };
}

/**
 * Decides all of them, or as many as there are before it is over: at least one.
 *
 * @throws {StoreError} nothing can be decided now.
 */
export async function decideEach(
  work: Workspace,
  batch: readonly Pick<Waiting, "input">[],
  around: Surroundings,
  isOver: () => boolean,
): Promise<Decided> {
  const answers: Answer[] = [];
  for (const { input } of batch) {
    const sent = work.outgoing.length;
    try {
      answers.push(answerOf(await decide(work, input, around), work, sent, input));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      return { answers, fault: { error } };
    }
    if (isOver()) break;
  }
  return { answers };
}
