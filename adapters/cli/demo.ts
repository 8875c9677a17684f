/** `deno task demo`: a fleet goes from one real image to the next, before one's eyes. */
import type { DemoOptions } from "./commands.ts";
import { demoImages, readFirmware } from "./demo_images.ts";
import type { DemoImage } from "./demo_images.ts";
import { FleetView } from "./fleet_view.ts";
import type { DeviceEvent, FleetEnd } from "./fleet_view.ts";
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
  run(): Promise<FleetEnd["end"]>;
}

/** Makes a virtual device. */
export type MakeDevice = new (options: DemoDeviceOptions) => DemoDevice;

/** What a device of the demonstration is told. */
export interface DemoDeviceOptions extends Partial<Trouble> {
  readonly id: string;
  readonly token: string;
  readonly mqttUrl: string;
  readonly folder: string;
  readonly version: string;
  readonly onEvent: (event: DeviceEvent) => void;
}

/** What goes wrong, or is otherwise special, with a device. */
interface Trouble {
  readonly cutAt: number;
  readonly corruptChunk: number;
  readonly chunkBytes: number;
}

interface Role {
  readonly name: string;
  readonly trouble: (size: number) => Partial<Trouble>;
  readonly order?: object;
}

/** The first devices; any further one is a plain one. The names are traits, true at any time. */
const roles: readonly Role[] = [
  { name: "", trouble: () => ({}) },
  { name: "a connection lost half-way", trouble: (size) => ({ cutAt: Math.floor(size / 2) }) },
  { name: "one chunk spoiled", trouble: () => ({ corruptChunk: 2 }) },
  { name: "small chunks", trouble: () => ({ chunkBytes: 4_096 }) },
  { name: "must boot to succeed", trouble: () => ({}), order: { completion: "booted" } },
];

/** No device may take longer: a demonstration that hangs has failed. */
const DEMO_MS = 55_000;

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

/** Runs all devices at once; true when every one of them runs the newest version. */
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
  const fleet = Array.from({ length: options.devices }, (_, index) => {
    const id = `demo-${String(index + 1).padStart(3, "0")}`;
    const role = roles[index] ?? roles[0]!;
    const order = { firmware_version: to.version, checksum, chunk_size: 32, ...role.order };
    return upgradeOne(access, { ...house, folder, Device, view, from, to }, id, role, order);
  });
  const ends = await within(DEMO_MS, Promise.all(fleet));
  screen.write(`\n${view.summary(ends)}\n\n`);
  return ends.every(({ end, version }) => end.outcome === "succeeded" && version === to.version);
}

interface Stage {
  readonly mqttUrl: string;
  readonly folder: string;
  readonly Device: MakeDevice;
  readonly view: FleetView;
  readonly from: DemoImage;
  readonly to: DemoImage;
}

/** One device: made known, given the old image, and taken to the new one. */
async function upgradeOne(
  access: OperatorAccess,
  stage: Stage,
  id: string,
  role: Role,
  order: object,
): Promise<FleetEnd> {
  const { view, from, to, mqttUrl } = stage;
  const folder = `${stage.folder}/devices`;
  const { token } = await ask(access, "POST", "/devices", { device_id: id });
  await ask(access, "POST", "/firmware/upgrade", { device_id: id, ...order });
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(`${folder}/${id}.bin`, from.bytes);
  view.begin(id, role.name);
  const device = new stage.Device({
    id,
    token: String(token),
    mqttUrl,
    folder,
    version: from.version,
    onEvent: (event) => view.show(id, event),
    ...role.trouble(to.bytes.length),
  });
  const end = await device.run();
  const { version } = await ask(access, "GET", `/devices/${id}`);
  return { id, end, version: String(version), trouble: role.name };
}

/** @throws {Error} when it takes longer. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error(`The devices did not end within ${ms / 1000} s.`));
  const timer = setTimeout(late, ms);
  return await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
