/**
 * Unmodified clients as they were recorded, byte for byte, against the whole engine: each gets what it
 * needs of an answer, and never what it cannot read.
 */
import { inHouse } from "../house.ts";
import { recordedClients } from "./recorded.ts";
import { replay } from "./replayed.ts";

for (const { client, talks } of recordedClients) {
  Deno.test(`${client}: every answer is one that it can read`, async (t) => {
    await inHouse(async (stage) => {
      for (const [index, talk] of talks.entries()) {
        await t.step(`${client} ${talk.title} (${talk.shows.join(", ")})`, async () => {
          await replay(stage, talk, `device-${index}`, `2.0.${index}`);
        });
      }
    });
  });
}
