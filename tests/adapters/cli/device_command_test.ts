import assert from "node:assert/strict";
import { parseDevice, UsageError } from "../../../adapters/cli/mod.ts";

const given = ["--url", "http://a.example:8000/", "--device", "pump-7"];

Deno.test("parseDevice() finds the broker at the engine's host, and asks for no fault", () => {
  const { id, httpUrl, mqttUrl, folder, json, ...rest } = parseDevice(given);
  assert.deepEqual(
    [id, httpUrl, mqttUrl, folder, json],
    ["pump-7", "http://a.example:8000", "mqtt://a.example:1883", "./data/devices", false],
  );
  const asked = Object.values(rest).filter((value) => value !== undefined && value !== false);
  assert.deepEqual(asked, []);
});

Deno.test("parseDevice() makes an option of the virtual device of each flag", () => {
  const { cutAt, switchAt, restartAt, lie, silentAfter, afterReboot, reportsTwice, ...rest } =
    parseDevice([
      ...given,
      ...["--mqtt", "b.example:1", "--transport", "http", "--cut-at", "1", "--switch-at", "2"],
      ...["--restart-at", "3", "--lie", "wrong-digest", "--silent-after", "verified"],
      ...["--after-reboot", "old-version", "--reports-twice", "--out-of-order"],
    ]);
  assert.deepEqual([cutAt, switchAt, restartAt], [1, 2, 3]);
  assert.deepEqual([lie, silentAfter, afterReboot], ["wrong-digest", "verified", "old-version"]);
  assert.deepEqual([reportsTwice, rest.outOfOrder, rest.transport], [true, true, "http"]);
  assert.equal(rest.mqttUrl, "mqtt://b.example:1");
});

const wrong: [flag: string, value: string, sentence: RegExp][] = [
  ["--transport", "coap", /^--transport must be auto, mqtt or http, not "coap"\.$/],
  ["--mqtt", "mqtt://127.0.0.1:1883", /^--mqtt must be HOST:PORT such as 127\.0\.0\.1:1883, not "/],
  ["--mqtt", "127.0.0.1", /^--mqtt must be HOST:PORT/],
  ["--lie", "no", /^--lie must be right-digest or wrong-digest, not "no"\.$/],
  [
    "--silent-after",
    "ever",
    /^--silent-after must be metadata, downloading, verified or rebooting, not "ever"\.$/,
  ],
  ["--restart-at", "1.5", /^--restart-at must be a whole number/],
];

for (const [flag, value, sentence] of wrong) {
  Deno.test(`parseDevice() says what is wrong with ${flag} ${value}`, () => {
    assert.throws(
      () => parseDevice([...given, flag, value]),
      (error) => error instanceof UsageError && sentence.test(error.message),
    );
  });
}
