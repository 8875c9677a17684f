/** The document at `/openapi.json`: valid, complete, and true of what a running engine answers. */
import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { z } from "zod";
import { routes } from "../../../adapters/http/mod.ts";
import * as answers from "../../../adapters/http/answers.ts";
import { onStage, sha256 } from "./stage.ts";
import type { HttpStage } from "./stage.ts";
import { espImage } from "../../support/made_images.ts";

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

Deno.test("GET /openapi.json resolves every reference, and has every route with its answers", async () => {
  await onStage(async (stage) => {
    const all = await document(stage);
    for (const [, name] of JSON.stringify(all).matchAll(/"\$ref":"([^"]*)"/g)) {
      const [hash, ...keys] = name!.split("/");
      assert.ok(hash === "#" && keys.reduce((part, key) => part?.[key], all), name!);
    }
    assert.doesNotMatch(JSON.stringify(all), /"\$(id|schema)":/);
    let operations = 0;
    for (const { method, path, who } of routes) {
      const shown = path.replace(":version{.+\\.bin}", "{version}.bin").replaceAll(
        /:(\w+)/g,
        "{$1}",
      );
      const { summary, responses, security, parameters = [] } = operation(all, method, shown);
      const where = `${method} ${shown}`;
      assert.match(summary ?? "", /^[A-Z].*\.$/, where);
      assert.ok(Object.keys(responses).some((status) => /^2/.test(status)), where);
      assert.equal(responses.default.content["application/problem+json"].schema.$ref, PROBLEM);
      assert.equal(security.length > 0, who !== "anyone", where);
      const named = [...shown.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = parameters.filter((parameter: { in: string }) => parameter.in === "path");
      assert.deepEqual(inPath.map(({ name }: { name: string }) => name), named, where);
      operations++;
    }
    const count = Object.values(all.paths).flatMap((path) => Object.keys(path as object)).length;
    assert.equal(count, operations);
  });
});

const PROBLEM = "#/components/schemas/Problem";

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
    const latest = operation(all, "GET", "/api/v0/releases/latest/url");
    assert.deepEqual(latest.security, [...security, { projectKey: [] }]);
    assert.equal(all.components.securitySchemes.projectKey.name, "Memfault-Project-Key");
    const update = operation(all, "GET", "/ota/{device}/update");
    const fields = update.parameters.filter((p: Document) => p.in === "header");
    assert.ok(fields.some((p: Document) => p.name === "x-esp8266-sketch-md5" && !p.required));
    assert.deepEqual(Object.keys(update.responses["200"].content), ["application/octet-stream"]);
  });
});

/** The answer is what the schema says: nothing is missing, and nothing is there that it does not name. */
function assertIs(schema: z.ZodType, answer: unknown, where: string): void {
  assert.deepEqual(schema.parse(answer), answer, where);
}

Deno.test("what a running engine answers is what the document says", async () => {
  await onStage(async (stage) => {
    const { json } = stage;
    const said: [answer: string, z.ZodType, Awaited<ReturnType<typeof json>>][] = [];
    const take = async (
      method: string,
      path: string,
      schema: z.ZodType,
      body?: object,
      token?: string,
    ) => {
      const answer = await json(method, path, body, token);
      said.push([`${method} ${path} ${answer.status}`, schema, answer]);
      return answer.body;
    };
    const device = { device_id: "pump-7", product: "pump", hardware: "b", tags: ["roof"] };
    const { token } = await take("POST", "/devices", answers.tokenAnswer, device);
    await take("POST", "/devices/pump-7/token", answers.tokenAnswer, { overlap: 60 });
    const bytes = espImage({ version: "2.0.0", project: "pump" });
    const uploaded = await stage.request("PUT", "/firmware/2.0.0?product=pump", { body: bytes });
    assertIs(answers.firmwareAnswer, await uploaded.json(), "PUT /firmware/2.0.0");
    const checksum = `sha256:${sha256(bytes)}`;
    const order = { device_id: "pump-7", firmware_version: "2.0.0", checksum };
    const { task_id } = await take("POST", "/firmware/upgrade", answers.orderAnswer, order);
    const report = (kind: string, body: object) =>
      take("POST", `/ota/pump-7/${kind}`, answers.messagesAnswer, body, token);
    await report("request", { current_version: "1.0.0" });
    await report("verify", { checksum: `sha256:${"00".repeat(32)}` });
    await report("verify", { task_id: "OTA_20200101_001", checksum });
    await take("GET", "/devices/pump-7", answers.deviceAnswer);
    await take("GET", "/devices/pump-7?at=9007199254740991", answers.deviceAnswer);
    await take("POST", "/devices/pump-7/erase", answers.erasedAnswer);
    await report("verify", { checksum });
    await take("GET", "/ota/pump-7/manifest.json", answers.manifestAnswer, undefined, token);
    await take("GET", "/devices", answers.devicesAnswer);
    await take("GET", "/devices/pump-7/events", answers.rowsAnswer);
    await take("GET", "/events?limit=3", answers.logAnswer);
    await take("GET", "/events", answers.logAnswer);
    await take("GET", "/firmware", answers.firmwaresAnswer);
    await take("GET", "/firmware/2.0.0?product=pump", answers.firmwareAnswer);
    await take("POST", "/devices", answers.tokenAnswer, { device_id: "pump-8", product: "pump" });
    const other = { ...order, device_id: "pump-8" };
    const { task_id: taken } = await take("POST", "/firmware/upgrade", answers.orderAnswer, other);
    await take("POST", `/tasks/${taken}/cancel`, answers.taskAnswer);
    await take("GET", "/tasks", answers.tasksAnswer);
    await take("GET", `/tasks/${task_id}`, answers.taskAnswer);
    await take("GET", `/tasks/${task_id}/transfer`, answers.transferAnswer);
    await take("GET", "/devices/pump-7/explain", answers.explainAnswer);
    await take("GET", `/artifacts/${sha256(bytes)}/chunks?bytes=4096`, answers.chunksAnswer);
    await take("GET", "/healthz", answers.statusAnswer);
    await take("GET", "/readyz", answers.statusAnswer);
    await take("POST", "/firmware/upgrade", answers.problemAnswer, { ...order, retries: 11 });
    await take("POST", `/tasks/${task_id}/cancel`, answers.problemAnswer);
    await take("GET", "/tasks/OTA_20200101_001", answers.problemAnswer);

    const all = await document(stage);
    for (const [where, schema, { status, body }] of said) {
      assertIs(schema, body, where);
      assertDeclares(all, where, status, schema);
    }
    assert.equal(said.filter(([, , { status }]) => status >= 400).length, 3);
  });
});

/** The document has this very form for the route and status. */
function assertDeclares(all: Document, where: string, status: number, schema: z.ZodType): void {
  const [method, target] = where.split(" ");
  const asked = target!.split("?")[0]!.split("/");
  const fits = (path: string) => {
    const levels = path.split("/");
    return levels.length === asked.length &&
      levels.every((level, n) => level.startsWith("{") || level === asked[n]);
  };
  // A path without parameters goes first (OpenAPI 3.1 §4.8.8.2).
  const path = Object.keys(all.paths).filter((path) =>
    fits(path) && all.paths[path][method!.toLowerCase()]
  ).sort((a, b) => a.split("{").length - b.split("{").length)[0]!;
  const { responses } = operation(all, method!, path);
  const { content } = responses[status] ?? responses.default;
  const type = status < 400 ? "application/json" : "application/problem+json";
  const id = answers.answerNames.get(schema)!.id;
  assert.equal(content[type].schema.$ref, `#/components/schemas/${id}`, where);
}
