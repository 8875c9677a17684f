/** What no device should say. */
import type { AskKind, ReportKind } from "../../protocol/mod.ts";
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

const asks: readonly (readonly [AskKind, string])[] = [
  ["chunk/request", ""],
  ["chunk/request", '{"offset":0}'],
  ["chunk/request", '{"offset":0,"length":0}'],
  ["chunk/request", '{"offset":0,"length":1e9}'],
  ["chunk/request", '{"offset":0.5,"length":1024}'],
  ["chunk/request", '{"offset":1e12,"length":1024}'],
  ["chunk/request", '{"task_id":"OTA_20260101_999","offset":0,"length":1024}'],
  ["chunk/request", `{"parts":[${Array(33).fill("[0,256]").join()}]}`],
  ["chunk/request", `{"parts":[${Array(32).fill("[0,256]").join()}]}`],
  ["chunk/request", '{"offset":0,"length":1024}'],
  ["chunks/request", '{"from":0,"count":0}'],
  ["chunks/request", '{"from":99999,"count":1}'],
  ["chunks/request", '{"from":0,"count":256}'],
  ["chunks/request", '{"from":0,"count":257}'],
];

/** An ask that is malformed, or for what there is not; some are fine, of a task that is fetched. */
export function nonsenseAsk(how: Random): [AskKind, string] {
  const [kind, payload] = how.pick(asks);
  return [kind, payload];
}
