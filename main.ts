/**
 * The composition root and the entry of the command line: the only place that sees every adapter. It
 * wires them to the core and decides nothing.
 */
import { startEngine } from "./core/engine/mod.ts";
import type { Engine, Outbox, Reads } from "./core/engine/mod.ts";
import {
  CHECKPOINT_PACE,
  Checkpointer,
  logKeyOf,
  newestOf,
  readKept,
  verifierKeyText,
} from "./core/evidence/mod.ts";
import type { LogTree, VerifierKey } from "./core/evidence/mod.ts";
import { TOPIC_PREFIX } from "./core/mod.ts";
import manifest from "./deno.json" with { type: "json" };
import { copyFolder } from "./adapters/backup/mod.ts";
import type { CopyParts } from "./adapters/backup/mod.ts";
import { checkpointFile, checkpointServer, remembering } from "./adapters/checkpoints/mod.ts";
import type { Publisher } from "./adapters/checkpoints/mod.ts";
import * as cli from "./adapters/cli/mod.ts";
import { VirtualDevice } from "./adapters/device/mod.ts";
import {
  copyImages,
  isThere,
  makeFolder,
  newFolder,
  newLinesFile,
  openImageFiles,
  openLogFile,
  readText,
} from "./adapters/files/mod.ts";
import {
  askedToEnd,
  brokerSession,
  copySecrets,
  logIdentity,
  machineClock,
  machineDigest,
  makeDataFolder,
  operatorToken,
  publishedNote,
  readBrokerFiles,
  signWithLogKey,
  untilAskedToEnd,
  verifyEd25519,
} from "./adapters/host/mod.ts";
import type { LogIdentity } from "./adapters/host/mod.ts";
import { createApp, Downloads, Feed, HTTP_LIMITS, listen, Polls } from "./adapters/http/mod.ts";
import { createMetrics } from "./adapters/metrics/mod.ts";
import { BrokerLink, createBroker } from "./adapters/mqtt/mod.ts";
import type { MqttWay } from "./adapters/mqtt/mod.ts";
import {
  contentsOf,
  copyDatabase,
  hasOwnTables,
  openReplica,
  openSnapshot,
  openSqlite,
  rowsOf,
  updateTables,
} from "./adapters/sqlite/mod.ts";

/** What a running engine with all its adapters is made of. */
export interface House {
  readonly engine: Engine;
  readonly reads: Reads;
  /** The base URL that devices and operators use. */
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Resolves when devices can be served for the first time. */
  readonly ready: Promise<void>;
  /** The operator's token, and the file it was written to if it was made just now. */
  readonly operator: { readonly token: string; readonly madeIn?: string; readonly isWeak?: true };
  /** The newest checkpoint of the log; after `close`, the last one of this engine. */
  checkpoint(): string | undefined;
  /** Stops everything in good order. */
  close(): Promise<void>;
}

/** How to build a house; `token` is the operator's, from the environment. */
export type HouseOptions = cli.ServeOptions & {
  readonly token?: string | undefined;
  readonly onFault?: (error: unknown) => void;
  /** A sentence for the operator: the broker cannot be reached, or can again. */
  readonly onNote?: (sentence: string) => void;
  /** Looks on while a log of another version is decided again. */
  readonly onTakeOver?: cli.TakeOverWatch;
};

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
    const { store, reads, tree, close: closeStore } = await openSqlite(options.data);
    undo.push(closeStore);
    const { sha256 } = machineDigest;
    const by = { version, sha256, isAccepted: options.takeOver ?? false };
    await cli.takeOver(reads, by, options.onTakeOver);
    const identity = await logIdentity(options.data);
    const key = logKeyOf(identity.rawPublicKey, machineDigest.sha256);
    const { sign } = identity;
    const checkpointer = await checkpointerOf({ key, sign, tree }, options, publisher);
    const operator = await operatorToken(options.data, options.token);
    const images = await openImageFiles(options.data);
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
      { store, clock: machineClock, outbox, digest: machineDigest, observer },
      {
        baseUrl: httpUrl,
        identity,
        version,
        deviceRequests: options.deviceRequests,
        isBrokered: options.broker !== undefined,
      },
    );
    const checkpoint = () => checkpointer.last;
    checkpointer.start();
    engine.onCommitted(() => checkpointer.committed());
    const feed = new Feed(engine, reads);
    undo.push(() => checkpointer.finish(LAST_CHECKPOINT_MS));
    undo.push(() => feed.close(), () => engine.stop());
    const { token } = operator;
    const operatorTokenSha256 = machineDigest.sha256(new TextEncoder().encode(token));
    const { openArtifacts } = options;
    const deps = {
      engine,
      reads,
      images,
      operatorTokenSha256,
      prefix: TOPIC_PREFIX,
      openArtifacts,
      downloads,
      polls,
      feed,
      log: { checkpoint, key: verifierKeyText(key, machineDigest.sha256) },
      limits: HTTP_LIMITS,
      onServed: metrics.served,
      metrics: metrics.scrape,
      version,
    };
    app = createApp({ ...deps, ready: () => ready && way.isUp && engine.isWell }, onFault);
    const mqttUrl = await way.open(engine);
    // What was begun last ends first; but the engine stops before its devices are cut.
    undo.splice(-1, 0, () => way.close());
    undo.push(() => way.hush(), () => void (ready = false), () => polls.end());
    ready = true;
    if (way.isUp) up.resolve();
    return { engine, reads, httpUrl, mqttUrl, ready: up.promise, operator, checkpoint, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where checkpoints go; `undefined`: nowhere. */
async function publisherOf(
  { checkpoints: place, data, onNote: tell = () => {} }: HouseOptions,
): Promise<Publisher | undefined> {
  if (!place) return undefined;
  if ("file" in place) return await checkpointFile(place.file, data);
  return remembering(checkpointServer(place), { file: publishedNote(data), tell });
}

/** Makes the checkpoints of a log, out of the newest one that can be read back. */
async function checkpointerOf(
  { key, sign, tree }: { key: VerifierKey; sign: LogIdentity["sign"]; tree: LogTree },
  { checkpointPace: pace = CHECKPOINT_PACE, onNote: tell = () => {} }: HouseOptions,
  publisher: Publisher | undefined,
): Promise<Checkpointer> {
  const { sha256 } = machineDigest;
  const text = await publisher?.readBack() ?? "";
  const known = newestOf(readKept(text, key, verifyEd25519, sha256).checkpoints);
  const ports = { clock: machineClock, tree, sha256, sign, publish: publisher?.publish, tell };
  return new Checkpointer(ports, { key, pace, known });
}

/** The link to a broker of the team's own; its client id belongs to the log. */
async function linkTo(
  { files, versions, ...address }: cli.ExternalBroker,
  { reads, log, data, onNote = () => {} }: Pick<HouseOptions, "onNote" | "data"> & {
    reads: Reads;
    log: string;
  },
  onFirstUp: () => void,
): Promise<MqttWay> {
  const broker = { ...address, ...await readBrokerFiles(files) };
  return new BrokerLink({
    broker,
    versions,
    prefix: TOPIC_PREFIX,
    clientId: `otalog${log.slice(0, 14)}`,
    session: await brokerSession(data),
    knownPackets: async (device) =>
      (await reads.device(device))?.taken.flatMap(({ packet }) => packet ?? []) ?? [],
    onTrouble: onNote,
    onUp: (isAgain) => {
      if (isAgain) onNote("The broker can be reached again.");
      onFirstUp();
    },
  });
}

/** Messages go every way a device is there; one that must go loses every connection. */
function outboxOf(ways: readonly Outbox[], downloads: Downloads): Outbox {
  return {
    send: (message) => ways.forEach((way) => way.send(message)),
    room: async () => void await Promise.all(ways.map((way) => way.room?.())),
    disconnect: (device) => [...ways, downloads].forEach((way) => way.disconnect(device)),
  };
}

function urlOf({ host, port }: { host: string; port: number }): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function serve(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseServe(args);
  const token = Deno.env.get("OTALOG_OPERATOR_TOKEN");
  const onFault = (error: unknown) => cli.complain(`Fault: ${(error as Error).message ?? error}`);
  const stop = new AbortController();
  const end = askedToEnd().finally(() => stop.abort());
  const onTakeOver = { ...cli.takeOverScreen(screen), stop: stop.signal };
  const house = await openHouse({ ...options, token, onFault, onNote: cli.complain, onTakeOver })
    .catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
  if (!house) return true;
  if (house.operator.madeIn) screen.write(`operator token in ${house.operator.madeIn}\n`);
  if (house.operator.isWeak) cli.complain("The operator token is short: it may be guessed.");
  void house.ready.then(() => screen.write(`ready http=${house.httpUrl} mqtt=${house.mqttUrl}\n`));
  await end;
  await house.close();
  screen.write(house.checkpoint() ?? "");
  return true;
}

async function replay(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseReplay(args);
  const { data, file } = options;
  const source = file === undefined ? await openReplica(data) : openLogFile(file);
  try {
    return await cli.runReplay(source, options, machineDigest.sha256, screen);
  } finally {
    source.close();
  }
}

async function exportLog(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseExport(args);
  const kept = options.checkpoint === undefined ? undefined : readText(options.checkpoint);
  const log = openSnapshot(options.data);
  const sign = (bytes: Uint8Array) => signWithLogKey(options.data, bytes);
  const parts = { log, newLines: newLinesFile, kept, verify: verifyEd25519, sign };
  try {
    return await cli.runExport(options, screen, parts);
  } finally {
    log.close();
  }
}

async function archive(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseArchive(args);
  const kept = readText(options.checkpoint);
  const log = openSnapshot(options.data);
  const parts = { log, newLines: newLinesFile, kept, verify: verifyEd25519, exists: isThere };
  try {
    await makeFolder(options.folder);
    return await cli.runArchive(options, screen, parts);
  } finally {
    log.close();
  }
}

async function verify(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseVerify(args);
  const textOf = (path: string | undefined) => path === undefined ? undefined : readText(path);
  const [kept, key] = [textOf(options.checkpoint), textOf(options.key)];
  const file = openLogFile(options.file);
  try {
    return await cli.runVerify(options, screen, { file, kept, key, verify: verifyEd25519 });
  } finally {
    file.close();
  }
}

async function backup(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseBackup(args);
  return await untilAskedToEnd(
    cli.STOPPED,
    (stop) => cli.runBackup(options, screen, (order) => copyFolder({ ...order, stop }, copyParts)),
  );
}

async function restore(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseRestore(args);
  const kept = options.checkpoint === undefined ? undefined : readText(options.checkpoint);
  return await untilAskedToEnd(cli.STOPPED, (stop) => {
    const copy: cli.Copy = (order) => copyFolder({ ...order, stop }, copyParts);
    return cli.runRestore(options, screen, { copy, kept, verify: verifyEd25519 });
  });
}

async function erase(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseErase(args);
  const opening = { isKnown: true, whenUsed: cli.askTheEngine(options) };
  const log = await openSqlite(options.data, opening);
  try {
    const by = { version, sha256: machineDigest.sha256, isAccepted: false };
    await cli.takeOver(log.reads, by, options.json ? {} : cli.takeOverScreen(screen));
    const ports = { store: log.store, clock: machineClock, outbox: NO_WAY, digest: machineDigest };
    const identity = await logIdentity(options.data);
    const engine = await startEngine(ports, { baseUrl: "", identity, version, isBrokered: true });
    const isScrubbed = () => log.isScrubbed;
    return await cli.runErase(options, screen, { engine, isScrubbed }).finally(() => engine.stop());
  } finally {
    await log.close();
  }
}

/** No way leads to a device: nobody is waited for, and no limit counts against anybody. */
const NO_WAY: Outbox = { send: () => {}, disconnect: () => {} };

/** How a data folder is copied, part by part. */
export const copyParts: CopyParts = {
  newFolder,
  copyDatabase,
  hasOwnTables,
  updateTables,
  contentsOf,
  rowsOf,
  replay: async (folder, isCompared, { progress, stop }) => {
    const replica = await openReplica(folder);
    const source = isCompared ? replica : { rows: () => replica.rows() };
    const shown = (rows: number) => progress(rows, replica.count);
    const { finding } = await cli.replayed(source, machineDigest.sha256, { progress: shown, stop })
      .finally(() => replica.close());
    return finding;
  },
  copyImages,
  copySecrets,
};

function simulate(args: string[], screen: cli.Screen): Promise<boolean> {
  return cli.runSimulate(cli.parseSimulate(args), screen, { newLines: newLinesFile });
}

async function device(args: string[], screen: cli.Screen): Promise<boolean> {
  const { json, token: given, tokenFile, ...options } = cli.parseDevice(args);
  const fromEnvironment = Deno.env.get("OTALOG_DEVICE_TOKEN");
  const token = await cli.deviceToken({ token: given, tokenFile }, fromEnvironment);
  const show = (event: object, line: string) =>
    screen.write(`${json ? JSON.stringify(event) : line}\n`);
  const device = new VirtualDevice({
    ...options,
    token,
    onEvent: (event) => show(event, cli.deviceLine(event)),
  });
  const end = await device.run();
  show(
    { type: "end", outcome: end.outcome, task_id: end.taskId },
    cli.deviceEndLine(end.taskId, end),
  );
  return end.outcome === "succeeded";
}

async function demo(args: string[], screen: cli.Screen): Promise<boolean> {
  const options = cli.parseDemo(args);
  await cli.checkDemo(options);
  const folder = options.data ?? await Deno.makeTempDir({ prefix: "otalog-demo-" });
  const loopback = { host: "127.0.0.1", port: 0 };
  try {
    const house = await openHouse({
      data: folder,
      http: loopback,
      mqtt: loopback,
      publicUrl: undefined,
      openArtifacts: false,
      deviceRequests: "deny",
    });
    const allRun = await cli.runDemo(house, options, folder, VirtualDevice, screen)
      .finally(() => house.close());
    const isProved = await replay(["--data", folder], screen);
    return allRun && isProved;
  } finally {
    if (options.data === undefined) await Deno.remove(folder, { recursive: true });
  }
}

function ota(args: string[], screen: cli.Screen): Promise<boolean> {
  const url = Deno.env.get("OTALOG_URL");
  const token = Deno.env.get("OTALOG_OPERATOR_TOKEN");
  return cli.runOta(args, screen, { url, token });
}

function brokerConfig(args: string[], screen: cli.Screen): Promise<boolean> {
  const url = Deno.env.get("OTALOG_URL");
  const token = Deno.env.get("OTALOG_OPERATOR_TOKEN");
  return cli.runBrokerConfig(args, screen, { url, token });
}

const commands = {
  serve,
  demo,
  replay,
  export: exportLog,
  archive,
  verify,
  backup,
  restore,
  erase,
  simulate,
  device,
  ota,
  "broker-config": brokerConfig,
} as const;

/** Runs a command of the command line; the exit code of the process. */
export async function main([name = "", ...args]: string[]): Promise<number> {
  const screen = cli.stdoutScreen();
  if (name === "" || name === "--help") return screen.write(`${cli.overview()}\n`), 0;
  try {
    if (!Object.hasOwn(commands, name)) throw cli.unknownCommand(name);
    return await commands[name as keyof typeof commands](args, screen) ? 0 : 1;
  } catch (error) {
    if (error instanceof cli.HelpWanted) return screen.write(`${error.message}\n`), 0;
    const { message, stack } = error as Error;
    cli.complain(args.includes("--verbose") ? stack ?? message : message);
    return error instanceof cli.UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
