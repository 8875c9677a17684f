/** What is personal in the facts: a new text must be looked at before it goes into a log. */
import assert from "node:assert/strict";
import { z } from "zod";
import { factSchemas, tagsIn, withoutPersonal } from "../../core/mod.ts";

/** What a JSON schema says, as far as it is looked at here. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
}

/** The members in which any text may stand, or a label: it has a pattern, and is any text all the same. */
function textsIn(schema: Schema, path: string): string[] {
  const { type, properties = {}, items } = schema;
  if (items) return textsIn(items, path);
  if (type === "string" && !schema.enum) return [path];
  return Object.entries(properties).flatMap(([name, member]) => textsIn(member, `${path}.${name}`));
}

/** Texts that stay, and what they are instead. */
const stays: Readonly<Record<string, readonly string[]>> = {
  "an id, a digest or a key": [
    "DeviceRegistered.device_id",
    "TokenIssued.token_sha256",
    "TokenIssued.token_sha512",
    "TaskQueued.image",
    "ChunkFailed.checksum",
    "DigestReported.checksum",
    "DataErased.rows.kept",
    "ImageUploaded.image",
    "ImageUploaded.sha1",
    "ImageUploaded.md5",
    "ReleaseNamed.artifacts.sha256",
    "LogCreated.log_id",
    "LogCreated.public_key",
  ],
  "what decides which image a device may have": [
    "DeviceRegistered.product",
    "DeviceRegistered.hardware",
    "TaskQueued.version",
    "TaskQueued.product",
    "UpdateRequested.version",
    "UpdateRequested.current_version",
    "UpdateRequested.product",
    "UpdateRequested.hardware",
    "StatusReported.version",
    "EngineStarted.version",
    "ReleaseNamed.product",
    "ReleaseNamed.version",
    "ReleaseNamed.artifacts.name",
  ],
  "how a report is known when it comes again": [
    "TaskQueued.id",
    "TaskQueued.packet",
    "UpdateRequested.id",
    "UpdateRequested.packet",
    "ProgressReported.id",
    "ProgressReported.packet",
    "ChunkFailed.id",
    "ChunkFailed.packet",
    "DigestReported.id",
    "DigestReported.packet",
    "StatusReported.id",
    "StatusReported.packet",
  ],
  "a word of a fixed list": [
    "DeadlinePassed.state",
    "MessageDelivered.kind",
    "ReportRejected.code",
    "ReportRejected.report",
  ],
};

Deno.test("every text in a fact is personal, or it is known why it is not", () => {
  const all = Object.entries(factSchemas).flatMap(([type, schema]) =>
    textsIn(z.toJSONSchema(schema) as Schema, type)
  );
  const others = all.filter((text) => !Object.values(stays).flat().includes(text));
  assert.deepEqual(others, ["DeviceRegistered.tags", "StatusReported.reason"]);
  for (const path of others) {
    const [type, name] = path.split(".") as [string, string];
    assert.equal(
      withoutPersonal(type, JSON.stringify({ a: 1, [name]: "x", z: 2 })),
      '{"a":1,"z":2}',
    );
  }
  for (const path of Object.values(stays).flat()) {
    assert.ok(all.includes(path), path);
    const [type, name] = path.split(".") as [string, string];
    assert.equal(withoutPersonal(type, JSON.stringify({ [name]: "x" })), undefined, path);
  }
});

Deno.test("withoutPersonal() leaves nothing to be done where it was done, or is no such fact", () => {
  const left = withoutPersonal("StatusReported", '{"reason":"é","status":"failed"}');
  assert.equal(left, '{"status":"failed"}');
  assert.equal(withoutPersonal("StatusReported", left), undefined);
  assert.equal(
    withoutPersonal("DeviceRegistered", '{"device_id":"a","tags":[]}'),
    '{"device_id":"a"}',
  );
  for (const type of ["DeviceRevoked", "toString", "constructor", ""]) {
    assert.equal(withoutPersonal(type, '{"tags":[],"reason":""}'), undefined, type);
  }
});

Deno.test("tagsIn() gives what is there, and nothing of what is none", () => {
  assert.deepEqual(tagsIn('{"device_id":"a","tags":["roof","shore"]}'), ["roof", "shore"]);
  for (
    const data of [
      '{"device_id":"a"}',
      '{"tags":["roof"]}',
      '{"device_id":"a","tags":"x"}',
      "{",
      "",
    ]
  ) {
    assert.deepEqual(tagsIn(data), [], data);
  }
});
