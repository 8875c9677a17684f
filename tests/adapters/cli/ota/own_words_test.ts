import assert from "node:assert/strict";
import { inOwnWords } from "../../../../adapters/cli/ota/own_words.ts";

const sentences: [said: string, words: string][] = [
  [
    "The file says that it is version 1.2.0, not 2. Take it all the same with ?header=ignore.",
    "The file says that it is version 1.2.0, not 2. Take it all the same with --header ignore.",
  ],
  [
    "must be 1.2.0, as the file says, unless header=ignore is given",
    "must be 1.2.0, as the file says, unless --header ignore is given",
  ],
  [
    "Device a is known already. Its token is renewed with POST /devices/a/token.",
    "Device a is known already. Its token is renewed with deno task ota device token a.",
  ],
  [
    "There is no device a. Register it first with POST /devices.",
    "There is no device a. Register it first with deno task ota device add.",
  ],
  [
    "There is no firmware 2.0.0. Upload it with PUT /firmware/2.0.0.",
    "There is no firmware 2.0.0. Upload it with deno task ota firmware add FILE --version 2.0.0.",
  ],
  [
    "Upload it with PUT /firmware/v1?product=pump.2.",
    "Upload it with deno task ota firmware add FILE --version v1 --product pump.2.",
  ],
  [
    "Upload it with PUT /firmware/v1?product=Bob's%20pump%26co.",
    "Upload it with deno task ota firmware add FILE --version v1 --product 'Bob'\\''s pump&co'.",
  ],
  [
    "There is no firmware 1 without a product. If it is a product's, name that with ?product=; " +
    "else upload it with PUT /firmware/1.",
    "There is no firmware 1 without a product. Upload it with " +
    "deno task ota firmware add FILE --version 1.",
  ],
  ["There is no task OTA_20230801_001.", "There is no task OTA_20230801_001."],
];

for (const [said, words] of sentences) {
  Deno.test(`inOwnWords() makes of “${said}” what this command line knows`, () => {
    assert.equal(inOwnWords(said), words);
  });
}
