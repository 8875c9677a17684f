/** What a device says in a story, in short words, and how it comes into each state with it. */
import type { DeviceStatus, TaskStateName } from "../../core/mod.ts";
import { IMAGE, OTHER, SIZE } from "../core/support/given.ts";
import type { Said } from "../core/support/stories.ts";

export const request = (body: object = {}): Said => ["request", body];
export const progress = (received: number): Said => ["progress", { received }];
export const digest = (checksum: string): Said => ["verify", { checksum }];
/** The digest of what it stored, and the chunks that it found to be bad. */
export const chunks = (checksum: string, ...bad_chunks: number[]): Said => [
  "verify",
  { checksum, bad_chunks },
];
export const status = (status: DeviceStatus, more: object = {}): Said => [
  "status",
  { status, ...more },
];
/** It runs that version now. */
export const booted = (version: string): Said => status("booted", { version });

/** Part of the image is stored. */
export const part: Said = progress(SIZE * 2 / 5);
/** All of it is. */
export const whole: Said = progress(SIZE);
/** And it is 2.0.0. */
export const right: Said = digest(IMAGE);
/** And it is something else. */
export const wrong: Said = digest(OTHER);

/** How a device comes from the offer of 2.0.0 into a state; from `awaiting_install` on with `booted`. */
export const ways = {
  offered: [],
  downloading: [part],
  paused: [part, status("deferred")],
  retrying: [wrong],
  verifying: [whole],
  awaiting_install: [right],
  installing: [right, status("installing")],
  rebooting: [right, status("rebooting")],
  confirming: [right, status("rebooting"), status("booted")],
} as const satisfies Partial<Record<TaskStateName, readonly Said[]>>;

/** A state into which a device can bring its task. */
export type Reached = keyof typeof ways;

/** Here a digest is taken. */
export const digestible: readonly Reached[] = [
  "offered",
  "downloading",
  "paused",
  "retrying",
  "verifying",
];
/** From here on the device does what it was told, and nothing disturbs it. */
export const undisturbed: readonly Reached[] = ["installing", "rebooting", "confirming"];
/** Before that. */
export const disturbed: readonly Reached[] = [...digestible, "awaiting_install"];
/** Every state with the device's lock. */
export const active: readonly Reached[] = [...disturbed, ...undisturbed];
