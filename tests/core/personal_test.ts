/** What is personal in the facts: a new text must be looked at before it goes into a log. */
import assert from "node:assert/strict";
import { z } from "zod";
import {
  factSchemas,
  PERSONAL_FACTS,
  personalHashIn,
  personalIn,
  personalText,
} from "../../core/mod.ts";

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
    "TaskQueued.known_by",
    "UpdateRequested.running",
    "ChunkFailed.checksum",
    "DigestReported.checksum",
    "ImageUploaded.image",
    "ImageUploaded.sha1",
    "ImageUploaded.md5",
    "ImageUploaded.header.digest",
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
    "UpdateRequested.runs",
    "UpdateRequested.product",
    "UpdateRequested.hardware",
    "StatusReported.version",
    "EngineStarted.version",
    "ReleaseNamed.product",
    "ReleaseNamed.version",
    "ReleaseNamed.artifacts.name",
  ],
  "what a file says of itself": [
    "ImageUploaded.header.project",
    "ImageUploaded.header.version",
    "ImageUploaded.header.chip",
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

Deno.test("no text in a fact is personal, but for the hash of what is", () => {
  const all = Object.entries(factSchemas).flatMap(([type, schema]) =>
    textsIn(z.toJSONSchema(schema) as Schema, type)
  );
  const others = all.filter((text) => !Object.values(stays).flat().includes(text));
  assert.deepEqual(others, PERSONAL_FACTS.map((type) => `${type}.personal`));
  for (const path of Object.values(stays).flat()) assert.ok(all.includes(path), path);
});

const SALT = "0a".repeat(16);

Deno.test("personalIn() gives what personalText() wrote, without its salt", () => {
  for (const personal of [{ tags: ["roof", 'é "'] }, { reason: "" }, { tags: [] }, {}]) {
    assert.deepEqual(personalIn(personalText(personal, SALT)), personal);
  }
  assert.equal(personalText({ reason: "no" }, SALT), `{"reason":"no","salt":"${SALT}"}`);
});

Deno.test("personalIn() takes nothing else", () => {
  for (
    const text of [
      undefined,
      null,
      7,
      "",
      "{",
      "[]",
      '{"tags":["roof"]}',
      '{"salt":"00","tags":["roof"]}',
      `{"salt":"${SALT}","tags":"roof"}`,
      `{"salt":"${SALT}","tags":["roof"],"x":1}`,
      `{"tags":["roof"],"salt":"${SALT}"}`,
      `{"salt": "${SALT}","tags":["roof"]}`,
      `{"salt":"${SALT}","tags":["roof"],"tags":["shore"]}`,
      `{"salt":"${SALT.toUpperCase()}","tags":["roof"]}`,
    ]
  ) {
    assert.equal(personalIn(text), undefined, String(text));
  }
});

Deno.test("personalHashIn() finds the hash in facts that have something personal, and in no other", () => {
  const data = '{"personal":"sha256:00","status":"failed"}';
  assert.equal(personalHashIn("StatusReported", data), "sha256:00");
  assert.equal(personalHashIn("StatusReported", '{"status":"failed"}'), undefined);
  assert.equal(personalHashIn("StatusReported", '{"a":"\\"personal\\":1"}'), undefined);
  for (const type of ["DeviceRevoked", "toString", "", undefined]) {
    assert.equal(personalHashIn(type, data), undefined, String(type));
  }
  for (const broken of ['{"personal":', '["personal":1]', 'null"personal":']) {
    assert.equal(personalHashIn("StatusReported", broken), undefined, broken);
  }
});
