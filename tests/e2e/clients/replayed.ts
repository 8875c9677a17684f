/** A recorded talk of a client with a server, held again with a whole engine. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { checksumOf, randomImage } from "../house.ts";
import type { Stage } from "../house.ts";
import { filled } from "./recorded.ts";
import type { RecordedExchange, RecordedTalk } from "./recorded.ts";
import { WireClient } from "./wire_client.ts";
import type { WireAnswer } from "./wire_client.ts";

/** ESPHome and esp_http_client read a head into 512 bytes. */
const HEAD_BYTES = 512;

/** Holds the talk as the device, which is to have the version; fails where the client could not go on. */
export async function replay(
  stage: Stage,
  { image: size, exchanges }: RecordedTalk,
  device: string,
  version: string,
): Promise<void> {
  const token = await stage.register(device);
  const image = randomImage(size ?? 0);
  if (size !== undefined) {
    await stage.order(device, version, await stage.upload(version, image));
  }
  const { httpUrl } = stage.house;
  const filling = {
    device,
    token,
    version,
    basic: btoa(`${device}:${token}`),
    host: new URL(httpUrl).host,
    sha256: checksumOf(image).slice("sha256:".length),
    md5: createHash("md5").update(image).digest("hex"),
  };
  let client = await WireClient.to(httpUrl);
  try {
    for (const { sends, needs } of filled(exchanges, filling)) {
      if (!client.isOpen) client = await WireClient.to(httpUrl);
      check(await client.ask(sends), needs, image);
    }
  } finally {
    await client[Symbol.asyncDispose]();
  }
}

function check(answer: WireAnswer, needs: RecordedExchange["needs"], image: Uint8Array): void {
  const { status, head, fields, body } = answer;
  assert.equal(status, needs.status, head);
  for (const [name, value] of Object.entries(needs.fields)) {
    assert.equal(fields.get(name), value, `${name} in\n${head}`);
  }
  for (const name of ["transfer-encoding", "content-encoding", "location"]) {
    assert.ok(!fields.has(name), head);
  }
  assert.ok(head.length < HEAD_BYTES, `${head.length} bytes:\n${head}`);
  // By their digests: whoever prints two images that differ needs more memory than there is.
  if (needs.bytes) assert.equal(checksumOf(body), checksumOf(image.subarray(...needs.bytes)));
  else if (needs.json !== undefined) assert.deepEqual(JSON.parse(text(body)), needs.json);
  else if (needs.isProblem) assert.equal(JSON.parse(text(body)).status, status);
  else assert.equal(text(body), needs.text ?? "");
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}
