/**
 * What is personal in the facts, known here and nowhere else: an operator's tags, and the free text of a
 * device's reports, where anything may stand. No decision reads either, so that a row that lost them
 * replays as it was.
 *
 * All other text stays. Products, hardware and versions decide which image a device may have; an id and a
 * packet make a report known when it comes again; names of releases are about images; codes, kinds and
 * states are words of fixed lists. The id of the device is the name of its stream.
 */
import { canonicalJson } from "./canonical.ts";
import { deviceFacts } from "./facts.ts";
import { jsonIn } from "./json_in.ts";
import type { FactData, FactType } from "./facts.ts";

type Members = { readonly [T in FactType]?: readonly (keyof FactData<T>)[] };

const members = {
  DeviceRegistered: ["tags"],
  StatusReported: ["reason"],
} satisfies Members;

const personal: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(members));

/** The data of a fact (canonical JSON) without what is personal; `undefined`: nothing in it is. */
export function withoutPersonal(type: string, data: string): string | undefined {
  const names = personal.get(type);
  if (!names) return undefined;
  const said = Object.entries(JSON.parse(data));
  const left = said.filter(([name]) => !names.includes(name));
  return left.length < said.length ? canonicalJson(Object.fromEntries(left)) : undefined;
}

/**
 * Whether that can be what is left of a row's data: something personal may stand in such a row, and does
 * not. Never throws.
 */
export function isWithoutPersonal(type: unknown, data: string): boolean {
  try {
    return personal.has(String(type)) && withoutPersonal(String(type), data) === undefined;
  } catch {
    return false;
  }
}

/** The tags in the data of a device's first row; none when they were erased. Never throws. */
export function tagsIn(data: string): readonly string[] {
  return deviceFacts.DeviceRegistered.safeParse(jsonIn(data)).data?.tags ?? [];
}
