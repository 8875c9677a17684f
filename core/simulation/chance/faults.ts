/**
 * Everything that goes wrong in a simulation, as named probabilities in parts per million. Each seed
 * draws its own, and leaves some out altogether: a fleet that meets everything at once meets little.
 */
import { hashOf, Random } from "./random.ts";

/**
 * The highest probability that a seed draws, in parts per million of the occasions that the comment
 * names.
 */
export const faultsMax = {
  /** A message or a connection on its way: it is lost, and over MQTT the connection with it. */
  loss: 300_000,
  /** A message on its way: it comes twice. */
  duplication: 500_000,
  /** A message on its way: it takes up to minutes. */
  delay: 200_000,
  /** A request over HTTP: others overtake it. */
  reordering: 300_000,
  /** A device begins to talk: for minutes to hours nothing of it arrives. */
  partition: 20_000,
  /** A life of the engine: it is killed at the n-th of its awaits. */
  engineCrash: 1_000_000,
  /** A crash during a commit: some rows of it are on the disk. */
  tornWrite: 1_000_000,
  /** A life of the engine: it is asked to stop, and does so in good order. */
  engineStop: 300_000,
  /**
   * A commit, a look at the store, a minute of a process: it stands still for up to an hour, or its
   * machine sleeps.
   */
  engineFreeze: 3_000,
  /** A freeze of the engine: another one is started meanwhile, and the first one wakes up. */
  twoEngines: 700_000,
  /** A commit: the disk fails, before or after everything is written. */
  writeError: 20_000,
  /** A commit: the disk is full for some time. */
  diskFull: 5_000,
  /** A look at the store: the disk fails. */
  readError: 5_000,
  /** A message that the broker takes: the broker falls, and everybody's connection with it. */
  brokerCrash: 20_000,
  /** A broker that falls: it has kept nothing. */
  brokerForgets: 500_000,
  /** As often: the wall clock of the engine's machine jumps, by days at most. */
  wallJump: 5_000,
  /** A step of a device: it loses power, and what it has not stored. */
  powerLoss: 30_000,
  /** A reboot into the new image: nothing is heard for hours, or ever again. */
  silentAfterReboot: 100_000,
  /** A reboot into the new image: the old one runs. */
  oldImage: 150_000,
  /** A download: what was stored is not what was sent. */
  corruption: 200_000,
  /** A request for an image: for up to an hour its file is gone, or cannot be read. */
  imageGone: 20_000,
  /** A request for an image: for up to an hour its file holds other bytes. */
  wrongBytes: 10_000,
  /** A piece of a download: nothing of it comes for up to half an hour. */
  stall: 30_000,
  /** A download: the device claims the right digest at once. */
  lyingDigest: 100_000,
  /** A start of a device: it says again what it said long ago. */
  oldReports: 200_000,
  /** A wait of a device: its clock is off by days, and the wait by hours. */
  deviceClock: 30_000,
  /** A report: it names the task of another device. */
  foreignTask: 20_000,
  /** A step of a device: it says something malformed or out of place. */
  nonsense: 30_000,
  /** A question of a device: it names a version that it wants, ordered or not. */
  wish: 100_000,
  /** An offer: the device fails, rejects it or puts it off. */
  refusal: 100_000,
  /** An order: the operator sends it twice. */
  doubleOrder: 200_000,
  /** An order: another operator orders for the same device at the same time. */
  racingOrder: 200_000,
  /** An order: its task is cancelled, at any time. */
  cancel: 200_000,
  /** An order: its device is revoked, at any time. */
  revoke: 20_000,
  /** An order: what is personal of its device is erased, at any time. */
  erase: 50_000,
  /** An order: its device gets a new token, and may have to log in again. */
  newToken: 50_000,
  /** An order: it takes the device back to an older version. */
  downgrade: 150_000,
  /** An order: its checksum is that of another product's image. */
  otherImage: 30_000,
  /** An upload: other bytes are uploaded as the same version later. */
  otherBytes: 30_000,
  /** A device connects over MQTT, or asks for bytes: for up to hours nothing passes that way. */
  mqttBlocked: 20_000,
  /** A device connects over HTTP, or begins a download: for up to hours nothing passes that way. */
  httpBlocked: 20_000,
  /** An ask for bytes: for up to ten minutes nothing comes to the device, though its session lives. */
  sessionStall: 30_000,
  /** A chunk that is confirmed: its device has no room for it, and throws it away. */
  chunkLoss: 100_000,
  /** A chunk at its device: it comes twice. */
  chunkTwice: 200_000,
  /** A chunk at its device: others overtake it, for up to hours, by whatever connection they come. */
  chunkLate: 100_000,
  /** A chunk that the broker has acknowledged: it gives it to nobody. */
  chunkSwallowed: 100_000,
  /** A step of a device: it asks for bytes or digests that there are not, or that are not for it. */
  oddAsk: 20_000,
  /** A read of bytes for a chunk: the disk fails. */
  imageUnread: 50_000,
  /** A read of bytes for a chunk: it takes up to a minute. */
  imageSlow: 100_000,
} as const;

/** The name of a fault. */
export type Fault = keyof typeof faultsMax;

/** How often each fault happens, in parts per million of its occasions. */
export type FaultRates = Readonly<Record<Fault, number>>;

/** Of three faults, about one does not happen at all. */
const LEFT_OUT_PPM = 330_000;

/** The rates that a seed draws; `fixed` ones are not drawn. */
export function drawFaults(seed: number, fixed: Partial<FaultRates> = {}): FaultRates {
  const drawn = Object.entries(faultsMax).map(([fault, max]) => {
    const random = new Random(hashOf(seed, `rate of ${fault}`));
    return [fault, random.chance(LEFT_OUT_PPM) ? 0 : random.between(0, max)];
  });
  return { ...Object.fromEntries(drawn), ...fixed };
}
