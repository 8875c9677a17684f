/** Virtual devices that fetch one image through bad networks, and what came of each. */
import { VirtualDevice } from "../../adapters/device/mod.ts";
import type {
  DeviceEnd,
  DeviceEvent,
  DeviceOptions,
  DeviceStats,
} from "../../adapters/device/mod.ts";
import type { WeatherStage } from "./behind_weather.ts";
import { checksumOf } from "./house.ts";
import type { Row } from "./house.ts";

/** What a device speaks: one of the two, or whichever is better. */
export type Mode = NonNullable<DeviceOptions["transport"]>;

/** Who fetches what, and for how long at most. */
export interface Fleet {
  readonly image: Uint8Array<ArrayBuffer>;
  /** One for each device. */
  readonly modes: readonly Mode[];
  readonly limitMs: number;
  /** What they are beside that. */
  readonly more?: Partial<DeviceOptions>;
  /** In the order to the engine [its defaults]. */
  readonly order?: object;
  /** All is ready: they begin when it resolves. */
  ready?(): Promise<void>;
}

/** A change of the transport of bytes. */
export interface Switched {
  /** Milliseconds from the start of the device. */
  readonly atMs: number;
  readonly transport: string;
  readonly reason: string;
}

/** What came of one device. */
export interface Fetched {
  readonly mode: Mode;
  readonly device: string;
  /** `undefined`: there was none within the limit. */
  readonly end: DeviceEnd | undefined;
  /** As it counts itself. */
  readonly stats: DeviceStats;
  /** From its start to its end. */
  readonly ms: number;
  /** As it says itself. */
  readonly switched: readonly Switched[];
  /** Whether it stored the image, byte for byte. */
  readonly isRight: boolean;
  /** The engine's record of the attempts. */
  // deno-lint-ignore no-explicit-any -- JSON of a route
  readonly attempts: readonly any[];
  /** What the engine measured when it recommended something else. */
  readonly measured: readonly Row[];
}

/** Lets them all fetch, side by side. */
export async function fetchAll(on: WeatherStage, fleet: Fleet): Promise<Fetched[]> {
  const { operator } = on;
  const { image, modes, order } = fleet;
  const checksum = await operator.upload("2.0.0", image);
  const entrants = [];
  for (const [n, mode] of modes.entries()) {
    const device = `pump-${n + 1}`;
    const token = await operator.register(device);
    const task = await operator.order(device, "2.0.0", checksum, order);
    entrants.push({ mode, device, token, task });
  }
  await fleet.ready?.();
  on.weather.begin();
  return await Promise.all(entrants.map((entrant) => fetchOne(on, fleet, entrant)));
}

async function fetchOne(
  { stage, operator, http, mqtt }: WeatherStage,
  { image, limitMs, more }: Fleet,
  { mode, device: id, token, task }: Record<"device" | "token" | "task", string> & { mode: Mode },
): Promise<Fetched> {
  const folder = `${stage.folder}/devices`;
  const started = performance.now();
  const switched: Switched[] = [];
  const device = new VirtualDevice({
    ...{ id, token, folder, version: "1.0.0", transport: mode },
    ...{ mqttUrl: mqtt.url, httpUrl: http.url },
    ...more,
    onEvent: (event: DeviceEvent) => {
      more?.onEvent?.(event);
      if (event.type !== "switch") return;
      const { transport, reason } = event;
      switched.push({ atMs: performance.now() - started, transport, reason });
    },
  });
  const end = await within(limitMs, (signal) => device.run(signal));
  const ms = performance.now() - started;
  const { stats } = device;
  const isRight = await Deno.readFile(`${folder}/${id}.bin`)
    .then((stored) => checksumOf(stored) === checksumOf(image), () => false);
  const { attempts } = (await operator.ask("GET", `/tasks/${task}/transfer`)).body;
  const measured = (await operator.rows(id)).filter(({ type }) => type === "NetworkMeasured");
  return {
    ...{ mode, device: id, end, stats, ms, switched, isRight, attempts, measured },
  };
}

/** What it resolves with, unless it takes longer. */
async function within<T>(ms: number, run: (signal: AbortSignal) => Promise<T>) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  try {
    return await run(late.signal);
  } catch (error) {
    if (!late.signal.aborted) throw error;
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
