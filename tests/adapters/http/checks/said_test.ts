import assert from "node:assert/strict";
import {
  askedByMemfault,
  askedByUrl,
  espFields,
  ownWords,
  purposeOf,
} from "../../../../adapters/http/checks/said.ts";

const MD5 = "a56f8ef78a0bebd812f62067daf1408a";
const SHA256 = "f23cf9fa59d32774dc8aff17398c9064b7b6c54ee0b56881ff0af2783c3ad745";
const LONG = "x".repeat(65);

interface Row {
  readonly says: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly words?: Readonly<Record<string, string>>;
  readonly asks: { readonly current_version?: string; readonly running?: string };
}

const rows: readonly Row[] = [
  { says: "nothing", asks: {} },
  {
    says: "what an ESP8266 does",
    fields: { "x-esp8266-sketch-md5": MD5, "x-esp8266-version": "1.0.0" },
    asks: { current_version: "1.0.0", running: `md5:${MD5}` },
  },
  {
    says: "both digests of an ESP32, the SHA-256 in capital letters",
    fields: { "x-esp32-sketch-md5": MD5, "x-esp32-sketch-sha256": SHA256.toUpperCase() },
    asks: { running: `sha256:${SHA256}` },
  },
  {
    says: "a SHA-256 that is none, and an MD5",
    fields: { "x-esp32-sketch-md5": MD5, "x-esp32-sketch-sha256": "z".repeat(64) },
    asks: { running: `md5:${MD5}` },
  },
  {
    says: "digests that are none",
    fields: { "x-esp32-sketch-md5": "", "x-esp32-sketch-sha256": `${SHA256}, ${SHA256}` },
    asks: {},
  },
  { says: "Tasmota's version", fields: { "x-esp32-version": "14.3.0(tasmota32)" }, asks: {} },
  { says: "a version that is too long", fields: { "x-esp8266-version": LONG }, asks: {} },
  {
    says: "its words in the URL",
    words: { current_version: "1.0.0", running: `SHA256:${SHA256.toUpperCase()}` },
    asks: { current_version: "1.0.0", running: `sha256:${SHA256}` },
  },
  {
    says: "other words in a URL that has outlived an update",
    fields: { "x-esp8266-sketch-md5": MD5, "x-esp8266-version": "2.0.0" },
    words: { current_version: "1.0.0", running: `md5:${"0".repeat(32)}` },
    asks: { current_version: "2.0.0", running: `md5:${MD5}` },
  },
  {
    says: "a version that is none, and one in the URL",
    fields: { "x-esp8266-version": "1/0" },
    words: { current_version: "1.0.0" },
    asks: { current_version: "1.0.0" },
  },
];

for (const { says, fields = {}, words = {}, asks } of rows) {
  Deno.test(`askedByUrl() takes what can be used when a client says ${says}`, () => {
    const { kind, body } = askedByUrl(espFields.parse(fields), ownWords.parse(words));
    assert.equal(kind, "request");
    assert.deepEqual(JSON.parse(JSON.stringify(body)), asks);
  });
}

Deno.test("ownWords refuses what the author of a URL can mend", () => {
  const wrong = [{ current_version: "" }, { current_version: LONG }, { running: MD5 }, {
    running: "md5:xyz",
  }];
  for (const words of wrong) assert.ok(!ownWords.safeParse(words).success, JSON.stringify(words));
});

Deno.test("askedByMemfault() takes product, hardware and version, and overlooks what is none", () => {
  const all = { software_type: "main", hardware_version: "evt+1", current_version: "1.0.0+g14f5" };
  const expected = { product: "main", hardware: "evt+1", current_version: "1.0.0+g14f5" };
  assert.deepEqual(JSON.parse(JSON.stringify(askedByMemfault(all).body)), expected);
  const none = { software_type: "\u0000", hardware_version: LONG, current_version: "1 0" };
  assert.deepEqual(JSON.parse(JSON.stringify(askedByMemfault(none).body)), {});
});

Deno.test("purposeOf() gives a sketch to nobody who asks for something else", () => {
  const modes = {
    sketch: "image",
    version: "version",
    spiffs: "other",
    littlefs: "other",
    "": "other",
  };
  for (const [mode, wanted] of Object.entries(modes)) {
    assert.equal(purposeOf({ "x-esp8266-mode": mode }), wanted, mode);
    assert.equal(purposeOf({ "x-esp32-mode": mode }), wanted, mode);
  }
  assert.equal(purposeOf({}), "image");
});
