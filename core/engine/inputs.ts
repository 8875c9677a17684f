/**
 * Everything that can wake the engine, as data. An adapter builds an input, submits it and writes
 * the answer down; it decides nothing.
 */
import type {
  Ask,
  AskKind,
  MalformedReport,
  Problem,
  Report,
  RequestUpgrade,
} from "../protocol/mod.ts";
import type { Measured } from "../network/mod.ts";
import type { Packet } from "../device/interpret.ts";
import type { Image, OutboundMessage } from "./ports.ts";
import type { ServedRange } from "./transfers.ts";

/** A report of a device, parsed by `parseReport` (refused ones too: they are recorded). */
export interface ReportInput {
  readonly kind: "report";
  readonly device: string;
  /** Last level of the topic, for the record. */
  readonly report: string;
  readonly parsed: Report | MalformedReport;
  /** `fetch`: a client asks that only fetches images, and can say nothing else. */
  readonly via: "mqtt" | "http" | "fetch";
  /** The packet it came in, where the transport sends again what was not acknowledged. */
  readonly packet?: Packet | undefined;
}

/** A device asks for bytes or digests over MQTT, parsed by `parseAsk` (refused ones too). */
export interface AskInput {
  readonly kind: "ask";
  readonly device: string;
  /** Last levels of the topic, for the record. */
  readonly ask: AskKind;
  readonly parsed: Ask | MalformedReport;
}

/** The device began to listen, was heard, or is gone. */
export interface ContactInput {
  readonly kind: "contact";
  readonly device: string;
  readonly contact: "listening" | "gone";
}

/**
 * The device can be reached (again): it is told what it is owed, and what waits for it. `isAnswer`: a
 * request of it may have been lost, and is answered as if it had come.
 */
export interface CallInput {
  readonly kind: "call";
  readonly device: string;
  readonly isAnswer?: boolean;
}

/** The device asked for bytes of an image. */
export interface ArtifactInput {
  readonly kind: "artifact";
  readonly device: string;
  readonly sha256: string;
  /** The answer that it is given. */
  readonly range: ServedRange;
}

/** The device itself confirmed a message (PUBACK, PUBCOMP or DELETE). */
export interface DeliveredInput {
  readonly kind: "delivered";
  readonly device: string;
  readonly task: string;
  readonly message: string;
  readonly attempt: number;
}

/** What was observed of the ways to a device speaks for another one; made by the engine's own watch. */
export interface NetworkInput extends Omit<Measured, "home"> {
  readonly kind: "network";
  readonly device: string;
}

/** A limit passed; made by the engine's own timer. */
export interface DeadlineInput {
  readonly kind: "deadline";
  readonly device: string;
  readonly task: string;
  readonly state: string;
  readonly due: number;
}

/** An image that was just stored. */
export interface UploadedImage extends Image {
  /** Bytes that it has at least, by its own header. */
  readonly claimedSize?: number;
}

/** What an operator wants, checked by a schema of `core/protocol/operators.ts`. */
export type Command =
  | {
    readonly type: "registerDevice";
    readonly device: string;
    readonly product?: string | undefined;
    readonly hardware?: string | undefined;
    readonly tags?: readonly string[] | undefined;
    readonly tokenSha256: string;
    /** `$6$salt$hash`, for the password file of an external broker. */
    readonly tokenSha512: string;
  }
  | {
    readonly type: "issueToken";
    readonly device: string;
    readonly tokenSha256: string;
    /** `$6$salt$hash`, for the password file of an external broker. */
    readonly tokenSha512: string;
    readonly overlapMs: number;
  }
  | { readonly type: "revokeDevice"; readonly device: string }
  /** Takes personal data out of the device's rows behind that version: of so many as one batch can take. */
  | { readonly type: "eraseData"; readonly device: string }
  | {
    readonly type: "addFirmware";
    readonly image: UploadedImage;
    readonly version: string;
    readonly product: string | null;
    readonly name: string;
    /** The operator wants it whatever the image's own header says. */
    readonly ignoresHeader?: boolean;
  }
  | { readonly type: "requestUpgrade"; readonly request: RequestUpgrade }
  | { readonly type: "cancelTask"; readonly task: string };

/** A command and who gave it (`operator:{label}`). */
export interface CommandInput {
  readonly kind: "command";
  readonly actor: string;
  readonly command: Command;
}

/** Anything that can wake the engine. */
export type Input =
  | ReportInput
  | AskInput
  | ContactInput
  | CallInput
  | ArtifactInput
  | DeliveredInput
  | DeadlineInput
  | NetworkInput
  | CommandInput;

/** What a command led to. */
export type CommandResult =
  | { readonly type: "done" }
  /** `created` is false when the same bytes were already there under that version. */
  | { readonly type: "firmware"; readonly created: boolean }
  | { readonly type: "task"; readonly task: string }
  /** How many rows lost data, and behind which version there are more to look at; `null`: there are none. */
  | { readonly type: "erased"; readonly rows: number; readonly isMore: boolean };

/** The engine's answer, given after everything it says is durable. */
export type Answer =
  /** Messages meant for the device now; they were handed to the outbox as well. */
  | {
    readonly ok: true;
    readonly messages: readonly OutboundMessage[];
    readonly result?: CommandResult;
  }
  | { readonly ok: false; readonly problem: Problem };
