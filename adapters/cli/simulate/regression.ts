/** A violation that became small is kept as a test of the repository. */
import { regressionName, regressionTest } from "../../../core/simulation/mod.ts";
import type { Shrunk } from "../../../core/simulation/mod.ts";

/** The root of the repository. */
export const ROOT = new URL("../../../", import.meta.url);
/** Where such tests are, from the root. */
const FOLDER = "tests/core/regressions/";

/** Writes the test beside what is there already; its path from the root of the repository. */
export async function keepRegression(
  shrunk: Shrunk,
  commit: string,
  root: URL = ROOT,
): Promise<string> {
  const text = regressionTest(shrunk, commit);
  const name = regressionName(shrunk);
  await Deno.mkdir(new URL(FOLDER, root), { recursive: true });
  for (let nth = 1;; nth++) {
    const path = FOLDER + (nth === 1 ? name : name.replace("_test.ts", `_${nth}_test.ts`));
    try {
      await Deno.writeTextFile(new URL(path, root), text, { createNew: true });
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}
