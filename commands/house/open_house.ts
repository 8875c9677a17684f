/** An engine with all its adapters, wired: what a command opens when it serves. */
import { startEngine } from "../../core/engine/mod.ts";
import { TOPIC_PREFIX } from "../../core/mod.ts";
import { FairShare } from "../../core/network/mod.ts";
import manifest from "../../deno.json" with { type: "json" };
import { takeOver } from "../../adapters/cli/mod.ts";
import { openImageFiles } from "../../adapters/files/mod.ts";
import {
  logIdentity,
  machineClock,
  machineDigest,
  makeDataFolder,
  operatorToken,
} from "../../adapters/host/mod.ts";
import {
  createApp,
  Downloads,
  Feed,
  HTTP_LIMITS,
  listen,
  offloadBy,
  Polls,
  UploadTimes,
} from "../../adapters/http/mod.ts";
import type { HttpDeps } from "../../adapters/http/mod.ts";
import { createMetrics } from "../../adapters/metrics/mod.ts";
import { createBroker } from "../../adapters/mqtt/mod.ts";
import { openSqlite } from "../../adapters/sqlite/mod.ts";
import { evidenceOf, publisherOf } from "./checkpoints.ts";
import type { House, HouseOptions } from "./house.ts";
import { linkTo, outboxOf, urlOf } from "./ways.ts";

/** Which otalog this is. */
const { version } = manifest;

/** Whoever stops an engine waits no longer than so for the last checkpoint's way. */
const LAST_CHECKPOINT_MS = 3_000;

/** Opens the data folder, starts the engine and lets devices and operators in. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const onFault = options.onFault ?? (() => {});
  const undo: (() => Promise<void> | void)[] = [];
  const close = async () => {
    while (undo.length > 0) await undo.pop()!();
  };
  try {
    await makeDataFolder(options.data);
    const publisher = await publisherOf(options);
    const log = await openSqlite(options.data);
    undo.push(log.close);
    const { store, reads, tree } = log;
    const { sha256 } = machineDigest;
    const by = { version, sha256, isAccepted: options.takeOver ?? false };
    await takeOver(reads, by, options.onTakeOver);
    const identity = await logIdentity(options.data);
    const { checkpointer, shown } = await evidenceOf({ identity, tree }, options, publisher);
    const operator = await operatorToken(options.data, options.token);
    const images = await openImageFiles(options.data);
    undo.push(() => images.settled());
    await images.removeOrphans(async (sha256) => await reads.image(sha256) !== undefined);
    let [ready, app] = [false, undefined as ReturnType<typeof createApp> | undefined];
    const http = await listen(
      (request, env) => app?.fetch(request, env) ?? new Response(null, { status: 503 }),
      options.http.host,
      options.http.port,
    );
    undo.push(() => http.close());
    const httpUrl = options.publicUrl ?? urlOf(http);
    const up = Promise.withResolvers<void>();
    const isKnown = async (device: string, hash: string) =>
      await reads.deviceByToken(hash, engine.now()) === device;
    const way = options.broker
      ? await linkTo(options.broker, { reads, log: identity.log, ...options }, up.resolve)
      : createBroker({ ...options.mqtt, prefix: TOPIC_PREFIX, authenticate: isKnown });
    const metrics = createMetrics({
      reads,
      connections: () => ({ mqtt: way.connections, http: http.connections }),
    });
    const observer = { ...metrics.observer, fault: onFault };
    const downloads = new Downloads();
    const polls = new Polls();
    const outbox = outboxOf([way, polls], downloads);
    const engine = await startEngine(
      { store, clock: machineClock, outbox, images, digest: machineDigest, observer },
      {
        baseUrl: httpUrl,
        identity,
        version,
        deviceRequests: options.deviceRequests,
        isBrokered: options.broker !== undefined,
      },
    );
    checkpointer.start();
    engine.onCommitted(() => checkpointer.committed());
    const feed = new Feed(engine, reads);
    undo.push(() => checkpointer.finish(LAST_CHECKPOINT_MS));
    undo.push(() => feed.close(), () => engine.stop());
    const deps: HttpDeps = {
      engine,
      reads,
      images,
      uploads: new UploadTimes(reads),
      operatorTokenSha256: sha256(new TextEncoder().encode(operator.token)),
      prefix: TOPIC_PREFIX,
      openArtifacts: options.openArtifacts,
      share: options.rates && new FairShare(options.rates),
      offload: options.offload && offloadBy(options.offload, (sha256) => images.path(sha256)),
      downloads,
      polls,
      feed,
      log: shown,
      limits: HTTP_LIMITS,
      onServed: metrics.served,
      onSentAway: metrics.sentAway,
      metrics: metrics.scrape,
      isScrubbed: () => log.isScrubbed,
      version,
      ready: () => ready && way.isUp && engine.isWell,
    };
    app = createApp(deps, onFault);
    http.openLane(deps, onFault);
    const mqttUrl = await way.open(engine);
    // What was begun last ends first; but the engine stops before its devices are cut.
    undo.splice(-1, 0, () => way.close());
    undo.push(() => way.hush(), () => void (ready = false), () => polls.end());
    ready = true;
    if (way.isUp) up.resolve();
    const { checkpoint } = shown;
    return { engine, reads, httpUrl, mqttUrl, ready: up.promise, operator, checkpoint, close };
  } catch (error) {
    await close();
    throw error;
  }
}
