/** The table of routes as an OpenAPI 3.1 document: nothing in it is written a second time. */
import { z } from "zod";
import { answerNames, problemAnswer } from "./answers.ts";
import { PROJECT_KEY } from "./callers.ts";
import type { Content, Described, Route } from "./route.ts";

type Json = Readonly<Record<string, unknown>>;

const JSON_TYPE = "application/json";
const PROBLEM_TYPE = "application/problem+json";

/** Who may, as alternatives; none: no credentials are looked at. */
const operator = [{ operator: [] }];
const device = [{ device: [] }, { deviceBasic: [] }];
const securities: Readonly<Record<Route["who"], readonly Json[]>> = {
  operator,
  device,
  either: [...operator, ...device],
  anyone: [],
};

const securitySchemes = {
  operator: { type: "http", scheme: "bearer", description: "The operator's token." },
  device: { type: "http", scheme: "bearer", description: "The device's token." },
  deviceBasic: { type: "http", scheme: "basic", description: "The device's id and its token." },
  projectKey: {
    type: "apiKey",
    in: "header",
    name: PROJECT_KEY,
    description: "The device's token, in the place of a project key.",
  },
};

/** Builds the document. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = pathOf(route);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  const { schemas } = z.toJSONSchema(answerNames, { io: "input", uri: refOf });
  const named = Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]);
  return {
    openapi: "3.1.0",
    info: { title: "otalog", version, license: { name: "MIT", identifier: "MIT" } },
    paths,
    components: { schemas: Object.fromEntries(named), securitySchemes },
  };
}

/** `/devices/:id` as `/devices/{id}`; a pattern keeps only the suffix that it asks for. */
function pathOf({ path }: Route): string {
  return path.replaceAll(/:(\w+)(?:\{\.\+\\(\.\w+)\})?/g, "{$1}$2");
}

function operationOf(route: Route): Json {
  const { summary, who, takesProjectKey, params, query, headers } = route;
  const parameters = [
    ...parametersOf("path", params),
    ...parametersOf("query", query),
    ...parametersOf("header", headers),
  ];
  const body = route.body ? { type: JSON_TYPE, schema: route.body } : route.reads;
  return {
    ...(summary === undefined ? {} : { summary }),
    security: [...securities[who], ...(takesProjectKey ? [{ projectKey: [] }] : [])],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: contentOf([body]) } } : {}),
    responses: responsesOf(route),
  };
}

function parametersOf(place: string, schema: z.ZodType | undefined): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }));
}

function responsesOf({ responses = {}, who, params, query, headers, body }: Route): Json {
  const checked = [params, query, headers, body].some((schema) => schema !== undefined);
  const all: Record<string, Described> = {
    ...(who === "anyone" ? {} : {
      401: { description: "Without a valid token." },
      403: { description: "The token is of the wrong kind or device." },
    }),
    ...(checked ? { 422: { description: "The input is not valid; `errors` says what." } } : {}),
    ...responses,
    default: { description: "Any other refusal." },
  };
  const described = Object.entries(all).map(([status, { description, content }]) => {
    const given = Number(status) < 400 ? content : [{ type: PROBLEM_TYPE, schema: problemAnswer }];
    return [status, { description, ...(given ? { content: contentOf(given) } : {}) }];
  });
  return Object.fromEntries(described);
}

function contentOf(content: readonly Content[]): Json {
  const described = content.map(({ type, schema }) => [
    type,
    schema ? { schema: schemaOf(schema) } : {},
  ]);
  return Object.fromEntries(described);
}

function schemaOf(schema: z.ZodType): Json {
  const name = answerNames.get(schema)?.id;
  return name === undefined
    ? plain(z.toJSONSchema(schema, { io: "input" }))
    : { $ref: refOf(name) };
}

function refOf(name: string): string {
  return `#/components/schemas/${name}`;
}

/** A part of the document has neither a name nor a dialect of its own. */
function plain({ $schema: _, $id: __, ...schema }: Json): Json {
  return schema;
}
