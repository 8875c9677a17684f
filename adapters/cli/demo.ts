/** `deno task demo`: a fleet goes from one real image to the next, before one's eyes. */
import type { DemoOptions } from "./commands.ts";
import { demoImages, readFirmware } from "./demo_images.ts";
import type { DemoImage } from "./demo_images.ts";
import { roleOf } from "./demo_roles.ts";
import type { DemoFaults, Role } from "./demo_roles.ts";
import { FleetView } from "./fleet_view.ts";
import type { DeviceEvent } from "./fleet_view.ts";
import { isAsItMust, summary } from "./fleet_summary.ts";
import type { DeviceEnd, FleetEnd } from "./fleet_summary.ts";
import { ask } from "./operator.ts";
import type { OperatorAccess } from "./operator.ts";
import { bytesText, paint } from "./terminal.ts";
import type { Screen } from "./terminal.ts";

/** The running engine that the demonstration takes place in. */
export interface DemoHouse {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  readonly operator: { readonly token: string };
}

/** A virtual device, as the demonstration needs it. */
export interface DemoDevice {
  run(signal: AbortSignal): Promise<DeviceEnd>;
}

/** Makes a virtual device. */
export type MakeDevice = new (options: DemoDeviceOptions) => DemoDevice;

/** What a device of the demonstration is told. */
export interface DemoDeviceOptions extends DemoFaults {
  readonly id: string;
  readonly token: string;
  readonly mqttUrl: string;
  readonly httpUrl: string;
  readonly folder: string;
  readonly version: string;
  readonly onEvent: (event: DeviceEvent) => void;
}

/** No device may take longer: a demonstration that hangs has failed. */
const DEMO_MS = 55_000;
/** A task whose device says nothing more is looked at so often. */
const LOOK_MS = 250;

/**
 * Looks at what it was given before anything is started.
 *
 * @throws {Error} when the firmware cannot be used, or the folder has a history already.
 */
export async function checkDemo({ firmware, data }: DemoOptions): Promise<void> {
  if (firmware !== undefined) await readFirmware(firmware);
  // A second fleet with the same names in one log would prove nothing to anybody.
  if (data !== undefined && await holdsLog(data)) {
    throw new Error(`${data} already holds a log. Choose an empty folder with --data.`);
  }
}

/** A folder that may not be looked at is refused later, by those who need to write there. */
function holdsLog(folder: string): Promise<boolean> {
  return Deno.lstat(`${folder}/otalog.db`).then(() => true, () => false);
}

/** Runs all devices at once; true when every one of them ended as it must. */
export async function runDemo(
  house: DemoHouse,
  options: DemoOptions,
  folder: string,
  Device: MakeDevice,
  screen: Screen,
): Promise<boolean> {
  const [from, to] = await demoImages(options.firmware);
  const access = { httpUrl: house.httpUrl, token: house.operator.token };
  const sizes = `${bytesText(from.bytes.length)} → ${bytesText(to.bytes.length)}`;
  const devices = options.devices === 1 ? "1 device" : `${options.devices} devices`;
  screen.write(`${devices} from ${from.version} to ${to.version} (${sizes})\n`);
  screen.write(paint(screen, "dim", `http ${house.httpUrl}  mqtt ${house.mqttUrl}\n`) + "\n");
  await ask(access, "PUT", `/firmware/${from.version}`, from.bytes);
  const { checksum } = await ask(access, "PUT", `/firmware/${to.version}`, to.bytes);
  const view = new FleetView(screen, options.devices, to.bytes.length);
  const late = new AbortController();
  const stage = { house, access, folder, Device, view, from, to, checksum, signal: late.signal };
  const fleet = Array.from({ length: options.devices }, (_, index) => {
    const id = `demo-${String(index + 1).padStart(3, "0")}`;
    return upgradeOne(stage, id, roleOf(index));
  });
  const message = `The devices did not end within ${DEMO_MS / 1000} s.`;
  const timer = setTimeout(() => late.abort(new Error(message)), DEMO_MS);
  const ends = await Promise.all(fleet).finally(() => clearTimeout(timer));
  screen.write(`\n${summary(ends, to.version)}\n\n`);
  return ends.every((end) => isAsItMust(end, to.version));
}

interface Stage {
  readonly house: DemoHouse;
  readonly access: OperatorAccess;
  readonly folder: string;
  readonly Device: MakeDevice;
  readonly view: FleetView;
  readonly from: DemoImage;
  readonly to: DemoImage;
  readonly checksum: unknown;
  /** Aborted when it takes too long. */
  readonly signal: AbortSignal;
}

/** One device: made known, given the old image, and taken as far as it goes. */
async function upgradeOne(stage: Stage, id: string, role: Role): Promise<FleetEnd> {
  const { access, view, from, to, checksum, house, signal } = stage;
  const folder = `${stage.folder}/devices`;
  const order = { firmware_version: to.version, checksum, chunk_size: 32, ...role.order };
  const { token } = await ask(access, "POST", "/devices", { device_id: id });
  const { task_id } = await ask(access, "POST", "/firmware/upgrade", { device_id: id, ...order });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(`${folder}/${id}.bin`, from.bytes);
  view.begin(id, role.trait);
  const device = new stage.Device({
    id,
    token: String(token),
    mqttUrl: house.mqttUrl,
    httpUrl: house.httpUrl,
    folder,
    version: from.version,
    onEvent: (event) => view.show(id, event),
    ...role.faults?.(to.bytes.length),
  });
  const { stats } = await device.run(signal);
  const { state, reason } = await ended(access, String(task_id), signal);
  view.end(id, String(state), reason === undefined ? "" : String(reason));
  const { version } = await ask(access, "GET", `/devices/${id}`);
  const { trait, ends } = role;
  return {
    id,
    trait,
    state: String(state),
    version: String(version),
    stats,
    ...(ends && { ends }),
  };
}

/** The task when it has ended: of a device that is silent only the engine knows. */
async function ended(access: OperatorAccess, id: string, signal: AbortSignal): Promise<{
  readonly state?: unknown;
  readonly reason?: unknown;
}> {
  for (;;) {
    const task = await ask(access, "GET", `/tasks/${id}`);
    // A task that has ended has no deadline.
    if (task.deadline_at === undefined) return task;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
