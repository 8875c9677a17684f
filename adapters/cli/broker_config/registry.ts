/** The passwords of the registered devices, as the rows of the log tell them one by one. */
import { parseDeviceId, saltedSha512 } from "../../../core/mod.ts";
import type { Json } from "../ota/api.ts";

const STREAM = "device/";

/** What the log has said so far: of two tokens the newer counts, and none of a revoked device. */
export class Registry {
  readonly #entries = new Map<string, string>();
  #place = 0;
  #log: string | undefined;

  /** The row that was taken last. */
  get place(): number {
    return this.#place;
  }

  /** `$6$salt$hash` by device. */
  get entries(): ReadonlyMap<string, string> {
    return this.#entries;
  }

  /** Begins with the first row again when this is another log, or an older copy of it. */
  expect(log: string | undefined, lastSeq: number): void {
    if (log !== this.#log || lastSeq < this.#place) {
      this.#entries.clear();
      this.#place = 0;
    }
    this.#log = log;
  }

  /** Takes the next row; true: a password came, changed or went. */
  take({ seq, stream, type, data }: Json): boolean {
    this.#place = seq;
    const isOfDevice = type === "TokenIssued" || type === "DeviceRevoked";
    const device = isOfDevice ? parseDeviceId(String(stream).slice(STREAM.length)) : undefined;
    if (device === undefined) return false;
    const entry = type === "TokenIssued"
      ? saltedSha512.safeParse(data?.token_sha512).data
      : undefined;
    if (entry === undefined) return this.#entries.delete(device);
    this.#entries.set(device, entry);
    return true;
  }
}
