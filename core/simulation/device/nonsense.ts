/** What no device should say. */
import type { ReportKind } from "../../protocol/mod.ts";
import { WISHED } from "../catalogue.ts";
import type { Random } from "../chance/random.ts";

const sayings: readonly (readonly [ReportKind, string])[] = [
  ["verify", "{"],
  ["verify", '{"checksum":"sha256:0"}'],
  ["progress", '{"received":-5}'],
  ["progress", '{"received":1e999}'],
  ["progress", '{"percent":101}'],
  ["progress", "45%"],
  ["progress", '{"chunk":1,"total":99999}'],
  ["status", '{"status":"rebooting"}'],
  ["status", '{"status":"booted","version":"3.0.0"}'],
  ["status", '{"status":"installing","task_id":"OTA_20260101_999"}'],
  ["request", '{"chunk_bytes":3}'],
  ["request", '{"resume_from":1e12}'],
  ["request", `{"version":"${WISHED}"}`],
  ["request", ""],
  ["request", '{"__proto__":{"task_id":1}}'],
];

/** A report that is malformed, or out of place. */
export function nonsense(how: Random): [ReportKind, string] {
  const [kind, payload] = how.pick(sayings);
  return [kind, payload];
}
