/** Request bodies, bounded before they are held. */
import { decodeText, parseJson, PAYLOAD_BYTES_MAX } from "../../core/mod.ts";
import { Refused } from "./problems.ts";

/** The whole body. @throws {Refused} 413 when it has more than {@link PAYLOAD_BYTES_MAX} bytes. */
export async function readBytes(request: Request): Promise<Uint8Array> {
  const tooLarge = () =>
    new Refused(413, `The body is over ${PAYLOAD_BYTES_MAX} bytes. Send less.`);
  if (Number(request.headers.get("content-length") ?? 0) > PAYLOAD_BYTES_MAX) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > PAYLOAD_BYTES_MAX) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The body as JSON; an empty one is `{}`. @throws {Refused} 400 when it is malformed. */
export async function readJson(request: Request): Promise<unknown> {
  const text = decodeText(await readBytes(request));
  if (text === "") return {};
  const json = text === undefined ? undefined : parseJson(text);
  if (!json) throw new Refused(400, "The body is not acceptable JSON. Send a JSON object.");
  return json.value;
}
