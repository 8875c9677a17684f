/** The name of the session at an external broker, as a file of the data folder. */
import { randomBytes } from "node:crypto";
import type { BrokerSession } from "../../core/engine/mod.ts";
import { cannotUse } from "../../core/trouble/mod.ts";
import { readKnown, writeDurably } from "./small_file.ts";

const NAME_BYTES = 8;
const WHAT_TO_DO = "Move it away: then reports that the broker sends again may count twice.";

/**
 * The session of the last start. A folder without one gets a name at its first session.
 *
 * @throws {Error} when the file cannot be read, or holds something else.
 */
export async function brokerSession(folder: string): Promise<BrokerSession> {
  const path = `${folder}/broker.session`;
  let name = (await readKnown(path).catch((error) => {
    throw cannotUse(path, error, WHAT_TO_DO);
  }))?.trim() ?? "";
  if (name !== "" && !/^[0-9a-f]{16}$/.test(name)) {
    throw new Error(`Cannot use ${path}: it holds no name of a session. ${WHAT_TO_DO}`);
  }
  return {
    get name() {
      return name;
    },
    async renew() {
      const next = randomBytes(NAME_BYTES).toString("hex");
      await writeDurably(path, `${next}\n`);
      name = next;
    },
  };
}
