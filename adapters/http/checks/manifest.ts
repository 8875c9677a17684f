/** The manifest of ESP-Web-Tools, as far as ESPHome reads it. */
import type { Named } from "./check.ts";

/**
 * What ESPHome calls the chips that it is built for. A client takes the build of its own and overlooks the
 * others; without one of its own it says that the manifest is broken.
 */
const CHIP_FAMILIES = [
  "ESP8266",
  "ESP32",
  "ESP32-C2",
  "ESP32-C3",
  "ESP32-C5",
  "ESP32-C6",
  "ESP32-C61",
  "ESP32-H2",
  "ESP32-P4",
  "ESP32-S2",
  "ESP32-S3",
  "RP2040",
  "RP2350",
];

/**
 * Where ESPHome finds the image: a path keeps what stands before it in the client's own URL, credentials
 * among that, while a whole URL would have none. What it runs already it is not to fetch again, even when
 * it is told to: there it finds what there is, which is nothing.
 */
export function pathOf(offer: { readonly url: string } | undefined): string {
  return offer ? new URL(offer.url).pathname : "update";
}

/** The manifest of one device, whose client calls its chip `chip`; what the image says goes before that. */
export function manifestOf(
  { version, image }: Named,
  path: string,
  chip: string | undefined,
): Readonly<Record<string, unknown>> {
  const own = image.header?.chip ?? chip;
  const families = own === undefined ? CHIP_FAMILIES : [own];
  const ota = { path, md5: image.md5 };
  return {
    name: image.header?.project ?? "firmware",
    version,
    builds: families.map((chipFamily) => ({ chipFamily, ota })),
  };
}
