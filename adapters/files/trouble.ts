/** Why a file cannot be used, as a sentence for whoever named it. */
import { cannotUse } from "../../core/trouble/mod.ts";

/** Does it; what the operating system refuses becomes such a sentence. */
export function orExplain<T>(path: string, whatToDo: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw cannotUse(path, error, whatToDo);
  }
}
