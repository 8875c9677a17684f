/** The networks that are measured: what each way is like, from when on, and what could be had of it. */
import { conditionsOf } from "../../support/network/conditions.ts";
import type { Conditions } from "../../support/network/conditions.ts";
import { always } from "../../e2e/changing_weather.ts";
import type { Phases } from "../../e2e/changing_weather.ts";
import { weathers } from "../../support/network/weathers.ts";

/** A network, and what is fetched through it. */
export interface Network {
  readonly name: string;
  readonly summary: string;
  readonly imageBytes: number;
  readonly phases: Phases;
  /** So many devices side by side, each with a line of its own [1]: where much is left to chance. */
  readonly devices?: number;
  /** Who takes so many times as long as would be ideal is not waited for [2]. */
  readonly patience?: number;
}

/** What each line lets through, in bytes per second: far from what a core can do. */
const RATE = 64_000;
/** What it lets through when it is throttled. */
const THROTTLED = 4_000;
const PATIENCE = 2;
/** Where much is left to chance, so many devices show what is usual. */
const DEVICES = 4;
/** A round trip of so much is near. */
const NEAR_MS = 20;

const good: Conditions = { delayMs: NEAR_MS / 2, bytesPerS: RATE };
const throttled: Conditions = { ...good, bytesPerS: THROTTLED };
const dead: Conditions = { ...good, ...weathers.dead };

/** Of 20 s to 36 s each, were it ideal. */
export const networks: readonly Network[] = [
  {
    name: "clear",
    summary: `a round trip of ${NEAR_MS} ms`,
    imageBytes: 30 * RATE,
    phases: always(good),
  },
  {
    name: "slow",
    summary: "64 kbit/s",
    imageBytes: 20 * weathers.slow.bytesPerS,
    phases: always({ ...good, ...weathers.slow }),
  },
  {
    name: "http-blocked",
    summary: "HTTP is a black hole",
    imageBytes: 36 * RATE,
    phases: [{ fromMs: 0, http: dead, mqtt: good }],
  },
  {
    name: "mqtt-blocked",
    summary: "MQTT is a black hole",
    imageBytes: 36 * RATE,
    phases: [{ fromMs: 0, http: good, mqtt: dead }],
  },
  {
    name: "http-throttled",
    summary: `HTTP has ${THROTTLED} B/s`,
    imageBytes: 36 * RATE,
    phases: [{ fromMs: 0, http: throttled, mqtt: good }],
  },
  {
    name: "mqtt-throttled",
    summary: `MQTT has ${THROTTLED} B/s`,
    imageBytes: 36 * RATE,
    phases: [{ fromMs: 0, http: good, mqtt: throttled }],
  },
  {
    name: "changing",
    summary: "first HTTP is good and MQTT throttled, then the other way round",
    imageBytes: 30 * RATE,
    phases: [
      { fromMs: 0, http: good, mqtt: throttled },
      { fromMs: 15_000, http: throttled, mqtt: good },
    ],
  },
  {
    name: "dying",
    summary: "first HTTP is good and MQTT throttled, then HTTP is dead and MQTT good",
    imageBytes: 30 * RATE,
    phases: [
      { fromMs: 0, http: good, mqtt: throttled },
      { fromMs: 15_000, http: dead, mqtt: good },
    ],
  },
  {
    name: "far",
    summary: "a round trip of 300 ms, and of ten connections one is reset",
    imageBytes: 30 * RATE,
    phases: always({ ...good, ...weathers.far }),
    devices: DEVICES,
  },
  {
    name: "lossy",
    summary: "30 % of the segments are lost",
    imageBytes: 30 * RATE,
    phases: always({ ...good, ...weathers.lossy }),
    devices: DEVICES,
    patience: 5,
  },
  {
    name: "jittery",
    summary: "a segment takes up to 2 s",
    imageBytes: 25 * RATE,
    phases: always({ ...good, ...weathers.jittery }),
    devices: DEVICES,
    patience: 5,
  },
];

/** The same in less time. */
export function scaled(network: Network, scale: number): Network {
  const { imageBytes, phases: [first, ...others] } = network;
  const later = others.map((phase) => ({ ...phase, fromMs: phase.fromMs * scale }));
  return { ...network, imageBytes: Math.round(imageBytes * scale), phases: [first, ...later] };
}

/** How long a device is waited for, in milliseconds. */
export function limitMs(network: Network): number {
  return (network.patience ?? PATIENCE) * idealMs(network);
}

/** To connect, to ask and be offered, to ask for bytes, to be believed. */
const ROUND_TRIPS = 4;

/**
 * How long it would take, in milliseconds, over whichever way lets more through at each time, had it no
 * losses and no jitter, and some round trips.
 */
export function idealMs({ imageBytes, phases }: Network): number {
  const tripMs = Math.min(...[phases[0].http, phases[0].mqtt].map(roundTripMs));
  let [left, atMs] = [imageBytes, ROUND_TRIPS * tripMs];
  for (const [n, phase] of phases.entries()) {
    const endMs = phases[n + 1]?.fromMs ?? Infinity;
    const bytesPerMs = Math.max(rateOf(phase.http), rateOf(phase.mqtt)) / 1_000;
    const ms = Math.min(left / bytesPerMs, Math.max(endMs - atMs, 0));
    [left, atMs] = [left - ms * bytesPerMs, atMs + ms];
  }
  return atMs;
}

function roundTripMs(conditions: Conditions): number {
  return conditionsOf("up", conditions).delayMs + conditionsOf("down", conditions).delayMs;
}

function rateOf(conditions: Conditions): number {
  const { state = "open" } = conditions;
  return state === "open" ? conditionsOf("down", conditions).bytesPerS : 0;
}
