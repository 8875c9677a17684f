/**
 * What is personal in the facts: an operator's tags, and the free text of a device's reports, where anything
 * may stand. It has a text of its own in the row, which can be erased; in the data stands the hash of that
 * text, and in the text a salt that nobody can guess it by. No decision reads it.
 *
 * All other text stays. Products, hardware and versions decide which image a device may have; an id and a
 * packet make a report known when it comes again; names of releases are about images; codes, kinds and
 * states are words of fixed lists. The id of the device is the name of its stream.
 */
import { z } from "zod";
import { canonicalJson } from "./canonical.ts";
import { jsonIn } from "./json_in.ts";

/** What is personal in a fact. */
export interface Personal {
  /** Why a device does what it does, in its own words. */
  readonly reason?: string;
  /** An operator's labels of a device. */
  readonly tags?: readonly string[];
}

/** The facts with something personal in them. */
export const PERSONAL_FACTS = ["DeviceRegistered", "StatusReported"] as const;
/** As it stands in canonical data that have a hash of the text; within a string it would be escaped. */
const MEMBER = '"personal":';

const textSchema = z.strictObject({
  reason: z.string().optional(),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  tags: z.array(z.string()).optional(),
});

/** The text that can be erased; `salt` is 32 hexadecimal digits. */
export function personalText({ reason, tags }: Personal, salt: string): string {
  return canonicalJson({ reason, salt, tags });
}

/** What stands in such a text; `undefined`: it is none. Never throws. */
export function personalIn(text: unknown): Personal | undefined {
  if (typeof text !== "string") return undefined;
  const { success, data } = textSchema.safeParse(jsonIn(text));
  if (!success) return undefined;
  const { salt, ...personal } = data;
  return personalText(personal as Personal, salt) === text ? personal as Personal : undefined;
}

/** The hash of the text in the data of such a fact; `undefined`: there is nothing personal. Never throws. */
export function personalHashIn(type: unknown, data: string): unknown {
  const mayHave = PERSONAL_FACTS.some((fact) => fact === type) && hasPersonalHash(data);
  return mayHave ? Object(jsonIn(data)).personal : undefined;
}

/** Whether there may be such a hash in the data of such a fact. */
export function hasPersonalHash(data: string): boolean {
  return data.includes(MEMBER);
}
