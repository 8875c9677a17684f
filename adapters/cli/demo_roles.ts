/** Who takes part in the demonstration: what each device does, and how its task must end. */

/** What goes wrong, or is otherwise special, with a virtual device. Bytes are those of the image. */
export interface DemoFaults {
  readonly transport?: "mqtt" | "http";
  readonly chunkBytes?: number;
  readonly cutAt?: number;
  readonly switchAt?: number;
  readonly restartAt?: number;
  readonly corruptChunk?: number;
  readonly lie?: "right-digest" | "wrong-digest";
  readonly silentAfter?: "downloading" | "rebooting";
  readonly afterReboot?: "silent" | "old-version" | "rolled-back";
  readonly reportsTwice?: boolean;
  readonly outOfOrder?: boolean;
}

/** A part that devices play. */
export interface Role {
  /** A trait, true at any time; nothing for a plain device. */
  readonly trait: string;
  /** For an image of so many bytes. */
  readonly faults?: (size: number) => DemoFaults;
  /** What the operator asks for besides the version; limits are short where they have to pass. */
  readonly order?: object;
  /** How the task of a misbehaving device must end; an honest one runs the new version. */
  readonly ends?: "rolled_back" | "lost" | "failed" | "timed_out";
}

const half = (size: number) => Math.floor(size / 2);
const verified = {};
const booted = { completion: "booted" };
const reported = { completion: "reported" };
const seen = { completion: "seen" };

/** The parts, from the first device on; a larger fleet begins again with the first one. */
const roles: readonly Role[] = [
  plain("", verified),
  honest("a connection lost half-way", (size) => ({ cutAt: half(size) })),
  honest("one chunk spoiled", () => ({ corruptChunk: 2 })),
  honest("small chunks", () => ({ chunkBytes: 4_096 })),
  plain("must boot to succeed", booted),
  misbehaving("boots the old image", { afterReboot: "old-version" }, "rolled_back"),
  honest("says everything twice", () => ({ reportsTwice: true }), booted),
  honest("reports late, out of order", () => ({ outOfOrder: true }), booted),
  misbehaving("falls silent half-way", { silentAfter: "downloading" }, "timed_out", {
    limits: { downloading: 3 },
    retries: 0,
  }),
  misbehaving("claims the right digest over wrong bytes", { lie: "right-digest" }, "rolled_back"),
  plain("is trusted to check by itself", reported),
  plain("reports no status, is seen instead", seen),
  misbehaving("never comes back from its reboot", { silentAfter: "rebooting" }, "lost", {
    limits: { rebooting: 3 },
  }),
  misbehaving("reboots without reporting", { afterReboot: "silent" }, "failed", {
    limits: { confirming: 3 },
  }),
  honest("loses power half-way", (size) => ({ restartAt: half(size) })),
  honest("over HTTP alone", () => ({ transport: "http" })),
  misbehaving("goes back by itself", { afterReboot: "rolled-back" }, "rolled_back"),
  misbehaving("claims a wrong digest each time", { lie: "wrong-digest" }, "failed", { retries: 1 }),
  honest("goes on over HTTP half-way", (size) => ({ switchAt: half(size) })),
  honest("one chunk spoiled, must boot", () => ({ corruptChunk: 5 }), booted),
  honest("over MQTT alone", () => ({ transport: "mqtt" })),
  plain("must boot to succeed", booted),
  honest("over HTTP alone, must boot", () => ({ transport: "http" }), booted),
  honest("loses power half-way, must boot", (size) => ({ restartAt: half(size) }), booted),
  plain("", verified),
];

/** The part of the device with that index, from 0. */
export function roleOf(index: number): Role {
  return roles[index % roles.length]!;
}

function plain(trait: string, order: object): Role {
  return { trait, order };
}

/** The faults are those of networks and flash: an honest device gets over them. */
function honest(trait: string, faults: (size: number) => DemoFaults, order: object = {}): Role {
  return { trait, faults, order };
}

/** Only its reboot can tell what such a device runs. */
function misbehaving(
  trait: string,
  faults: DemoFaults,
  ends: NonNullable<Role["ends"]>,
  order: object = {},
): Role {
  return { trait, faults: () => faults, ends, order: { ...booted, ...order } };
}
