/** The HTTP application on a real store, real files and a real engine, without a socket. */
import { createHash } from "node:crypto";
import { startEngine } from "../../../core/engine/mod.ts";
import type { Engine, EngineApi, Reads } from "../../../core/engine/mod.ts";
import type { Problem } from "../../../core/mod.ts";
import { createMetrics } from "../../../adapters/metrics/mod.ts";
import { openImageFiles } from "../../../adapters/files/mod.ts";
import { machineClock, machineDigest } from "../../../adapters/host/mod.ts";
import {
  createApp,
  Downloads,
  Feed,
  HTTP_LIMITS,
  Polls,
  UploadTimes,
} from "../../../adapters/http/mod.ts";
import type { HttpDeps, HttpLimits } from "../../../adapters/http/mod.ts";
import { openSqlite } from "../../../adapters/sqlite/mod.ts";

export const OPERATOR = "the-operators-token";

export interface HttpStage {
  /** The data folder. */
  readonly folder: string;
  readonly deps: HttpDeps;
  readonly app: ReturnType<typeof createApp>;
  readonly engine: Engine;
  readonly faults: unknown[];
  readonly downloads: Downloads;
  readonly polls: Polls;
  readonly reads: Reads;
  readonly feed: Feed;
  /** The names of all files among the images. */
  images(): string[];
  ready: boolean;
  /** The newest checkpoint. */
  checkpoint: string | undefined;
  /** What the engine answers to everything, as if its log could not be written. */
  refuse: Problem | undefined;
  /** Called before the engine is asked anything. */
  onSubmit(): void;
  openArtifacts: boolean;
  request(
    method: string,
    path: string,
    options?: { token?: string | null; body?: BodyInit | object; headers?: Record<string, string> },
  ): Promise<Response>;
  json(method: string, path: string, body?: object, token?: string): Promise<{
    status: number;
    // deno-lint-ignore no-explicit-any -- each route has its own answer
    body: any;
  }>;
}

/** The engine, but for its way in. */
function withSubmit(engine: Engine, submit: EngineApi["submit"]): EngineApi {
  return new Proxy(engine, {
    get: (target, name: keyof EngineApi) => name === "submit" ? submit : target[name].bind(target),
  });
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

export async function onStage(
  story: (stage: HttpStage) => Promise<void>,
  limits: Partial<HttpLimits> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const log = await openSqlite(folder);
  const { store, reads } = log;
  const images = await openImageFiles(folder, 300);
  const downloads = new Downloads();
  const polls = new Polls();
  const metrics = createMetrics({ reads, connections: () => ({ mqtt: 0, http: 0 }) });
  const engine = await startEngine(
    {
      store,
      clock: machineClock,
      digest: machineDigest,
      outbox: {
        send: (message) => polls.send(message),
        disconnect: (device) => [polls, downloads].forEach((way) => way.disconnect(device)),
      },
      observer: metrics.observer,
    },
    { baseUrl: "http://127.0.0.1:8000", identity: { log: "00", publicKey: "ed25519:00" } },
  );
  const feed = new Feed(engine, reads);
  const faults: unknown[] = [];
  const operatorTokenSha256 = sha256(new TextEncoder().encode(OPERATOR));
  const stage: HttpStage = {
    folder,
    engine,
    faults,
    downloads,
    polls,
    reads,
    feed,
    images: () => [...Deno.readDirSync(`${folder}/images`)].map(({ name }) => name).sort(),
    ready: true,
    checkpoint: undefined,
    refuse: undefined,
    onSubmit: () => {},
    openArtifacts: false,
    deps: {
      engine: withSubmit(engine, async (input) => {
        stage.onSubmit();
        const refused = stage.refuse;
        return refused ? { ok: false, problem: refused } : await engine.submit(input);
      }),
      reads,
      images,
      uploads: new UploadTimes(reads),
      operatorTokenSha256,
      prefix: "/ota",
      get openArtifacts() {
        return stage.openArtifacts;
      },
      downloads,
      polls,
      feed,
      log: { checkpoint: () => stage.checkpoint, key: "otalog/00+00000000+AQ==" },
      limits: { ...HTTP_LIMITS, ...limits },
      onServed: metrics.served,
      onSentAway: metrics.sentAway,
      metrics: metrics.scrape,
      isScrubbed: () => log.isScrubbed,
      version: "0.0.0",
      ready: () => stage.ready,
    },
    get app() {
      return app;
    },
    request: async (method, path, { token = OPERATOR, body, headers = {} } = {}) => {
      const isPlain = Array.isArray(body) ||
        body !== undefined && Object.getPrototypeOf(body) === Object.prototype;
      return await stage.app.request(path, {
        method,
        headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
        ...(body === undefined ? {} : { body: isPlain ? JSON.stringify(body) : body as BodyInit }),
      });
    },
    json: async (method, path, body, token) => {
      const response = await stage.request(method, path, {
        ...(body ? { body } : {}),
        ...(token ? { token } : {}),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
    },
  };
  const app = createApp(stage.deps, (error) => faults.push(error));
  try {
    await story(stage);
  } finally {
    await engine.stop();
    await feed.close();
    await images.settled();
    await log.close();
    await Deno.remove(folder, { recursive: true });
  }
}
