/** The document at `/openapi.json`, valid and complete. */
import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { onStage } from "./stage.ts";
import type { HttpStage } from "./stage.ts";

// deno-lint-ignore no-explicit-any -- a document is looked at wherever it matters
type Document = any;

async function document(stage: HttpStage): Promise<Document> {
  const { status, body } = await stage.json("GET", "/openapi.json");
  assert.equal(status, 200);
  return body;
}

/** A route's place in the document, by the rules of OpenAPI. */
function operation({ paths }: Document, method: string, path: string): Document {
  const found = paths[path]?.[method.toLowerCase()];
  assert.ok(found, `${method} ${path} is not in the document`);
  return found;
}

Deno.test("GET /openapi.json is a valid OpenAPI 3.1 document, for operators", async () => {
  await onStage(async (stage) => {
    const { valid, errors } = await new Validator().validate(await document(stage));
    assert.ok(valid, JSON.stringify(errors));
    assert.equal((await stage.request("GET", "/openapi.json", { token: null })).status, 401);
  });
});

Deno.test("GET /openapi.json says what a request takes: parameters, headers, bodies, credentials", async () => {
  await onStage(async (stage) => {
    const all = await document(stage);
    const events = operation(all, "GET", "/events");
    const names = events.parameters.map((p: Document) => `${p.in} ${p.name} ${p.required}`);
    assert.deepEqual(names, [
      ...["query limit false", "query after false", "query follow false"],
      "header last-event-id false",
    ]);
    const upgrade = operation(all, "POST", "/firmware/upgrade").requestBody.content;
    const { required, properties } = upgrade["application/json"].schema;
    assert.deepEqual(required, ["device_id", "firmware_version", "checksum"]);
    assert.equal(properties.retries.maximum, 10);
    const upload = operation(all, "PUT", "/firmware/{version}").requestBody.content;
    assert.deepEqual(Object.keys(upload), ["application/octet-stream"]);
    const { security } = operation(all, "POST", "/ota/{device}/verify");
    assert.deepEqual(security, [{ device: [] }, { deviceBasic: [] }]);
  });
});
