/** A listener with its lane, on the stage of the application: one device with a task of one image. */
import { listen } from "../../../../adapters/http/mod.ts";
import type { HttpLimits, HttpListener } from "../../../../adapters/http/mod.ts";
import { onStage, sha256 } from "../stage.ts";
import type { HttpStage } from "../stage.ts";
import { Peer } from "./peer.ts";

export interface LaneStage {
  readonly stage: HttpStage;
  /** With the lane. */
  readonly listener: HttpListener;
  /** The same application without one. */
  readonly plain: HttpListener;
  readonly image: Uint8Array;
  /** Hexadecimal digits. */
  readonly hex: string;
  /** The token of `pump-7`. */
  readonly token: string;
  readonly task: string;
  /** What was told of images that cannot be read. */
  readonly faults: unknown[];
  /** How many inputs the engine was given. */
  readonly inputs: number;
  /** A connection to the lane. */
  peer(allowHalfOpen?: boolean): Promise<Peer>;
  /** A request of `pump-7` for its image, of these bytes, with more fields. */
  get(range?: string, ...more: string[]): string;
}

/** Bytes that tell where they are from. */
export function imageOf(size: number): Uint8Array {
  const image = new Uint8Array(size);
  for (let at = 0; at < size; at += 1_000) {
    image.fill(at / 1_000 % 251, at, at + 1_000);
    new TextEncoder().encodeInto(String(at), image.subarray(at));
  }
  return image;
}

export async function onLane(
  story: (lane: LaneStage) => Promise<void>,
  { size = 300_000, ...limits }: Partial<HttpLimits> & { readonly size?: number } = {},
): Promise<void> {
  await onStage(async (stage) => {
    const image = imageOf(size);
    const hex = sha256(image);
    await (await stage.request("PUT", "/firmware/2.0.0", { body: image })).body?.cancel();
    const { body: { token } } = await stage.json("POST", "/devices", { device_id: "pump-7" });
    const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum: `sha256:${hex}` };
    const { body: { task_id: task } } = await stage.json("POST", "/firmware/upgrade", order);
    await stage.json("POST", "/ota/pump-7/request", {}, token);
    const faults: unknown[] = [];
    let inputs = 0;
    stage.onSubmit = () => void inputs++;
    const open = async () =>
      await listen((r, env) => stage.app.fetch(r, env), "127.0.0.1", 0, stage.deps.limits);
    const [listener, plain] = [await open(), await open()];
    listener.openLane(stage.deps, (error) => faults.push(error));
    const peers: Peer[] = [];
    try {
      await story({
        stage,
        listener,
        plain,
        image,
        hex,
        token,
        task,
        faults,
        get inputs() {
          return inputs;
        },
        peer: async (allowHalfOpen) => {
          const peer = await Peer.connect(listener.port, allowHalfOpen);
          peers.push(peer);
          return peer;
        },
        get: (range, ...more) =>
          requestText(`GET /artifacts/${hex} HTTP/1.1`, [
            `Authorization: Bearer ${token}`,
            ...range === undefined ? [] : [`Range: bytes=${range}`],
            ...more,
          ]),
      });
    } finally {
      for (const peer of peers) await peer[Symbol.asyncDispose]();
      await listener.close();
      await plain.close();
    }
  }, limits);
}

/** A request to this machine. */
export function requestText(line: string, fields: readonly string[], body = ""): string {
  return [line, "Host: 127.0.0.1:8000", ...fields, "", body].join("\r\n");
}
