/** Which state of the code something was seen in. */
import { ROOT } from "./regression.ts";

/** The short hash, with `-dirty` when files differ from it; or that it is not known. */
export async function commitOf(root: URL = ROOT): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["describe", "--always", "--dirty", "--exclude=*"],
      cwd: root,
      // Code without a history of its own may lie in a folder of somebody else's.
      env: { GIT_CEILING_DIRECTORIES: decodeURI(new URL("..", root).pathname) },
      stderr: "null",
    }).output();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch {
    // There is no git.
  }
  return "unknown commit";
}
