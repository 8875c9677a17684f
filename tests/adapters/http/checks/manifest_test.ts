import assert from "node:assert/strict";
import { manifestOf, pathOf } from "../../../../adapters/http/checks/manifest.ts";
import type { ImageHeader } from "../../../../core/mod.ts";

const md5 = "a56f8ef78a0bebd812f62067daf1408a";

function chipsIn(header: ImageHeader | undefined, chip?: string): string[] {
  const image = { sha256: "00", size: 1, sha1: "00", md5, ...(header ? { header } : {}) };
  const { builds } = manifestOf({ version: "2.0.0", image }, "/artifacts/00", chip) as {
    builds: { chipFamily: string; ota: unknown }[];
  };
  for (const { ota } of builds) assert.deepEqual(ota, { path: "/artifacts/00", md5 });
  return builds.map(({ chipFamily }) => chipFamily);
}

Deno.test("manifestOf() has the image's chip, else the client's, else one build for each", () => {
  const header = { format: "esp", chip: "ESP32-C3" } as const;
  assert.deepEqual(chipsIn(header), ["ESP32-C3"]);
  assert.deepEqual(chipsIn(header, "ESP32"), ["ESP32-C3"]);
  assert.deepEqual(chipsIn(undefined, "BK7231N"), ["BK7231N"]);
  assert.deepEqual(chipsIn({ format: "mcuboot" }, "ESP32"), ["ESP32"]);
  const all = chipsIn(undefined);
  assert.ok(["ESP8266", "ESP32", "ESP32-S3", "RP2040"].every((family) => all.includes(family)));
  assert.equal(new Set(all).size, all.length);
});

Deno.test("pathOf() keeps the path behind the host, so that the client's credentials are kept", () => {
  assert.equal(pathOf({ url: "https://ota.example/base/artifacts/00" }), "/base/artifacts/00");
  assert.equal(pathOf(undefined), "update");
});
