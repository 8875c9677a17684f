/** Chips by the number that an image has of them (ESP-IDF, `esp_chip_id_t`). */
const chips: Readonly<Record<number, string>> = {
  0: "ESP32",
  2: "ESP32-S2",
  5: "ESP32-C3",
  9: "ESP32-S3",
  12: "ESP32-C2",
  13: "ESP32-C6",
  16: "ESP32-H2",
  18: "ESP32-P4",
  20: "ESP32-C61",
  23: "ESP32-C5",
  25: "ESP32-H21",
  28: "ESP32-H4",
  31: "ESP32-E22",
  32: "ESP32-S31",
};

/** The name of a chip; `undefined`: none that is known. */
export function chipName(id: number): string | undefined {
  return chips[id];
}
