/** `deno task broker-config mosquitto` */
import { Api } from "../ota/api.ts";
import { accessOf } from "../ota/connection.ts";
import { FOLLOW_LIMITS } from "../ota/follow.ts";
import type { OtaEnvironment } from "../ota/mod.ts";
import type { Screen } from "../terminal.ts";
import { mosquittoAcl } from "./acl.ts";
import { FILES, mosquittoConf } from "./conf.ts";
import { putFolder } from "./folder.ts";
import { Keeper } from "./keeper.ts";
import { parseBrokerConfig } from "./options.ts";
import type { MosquittoOptions } from "./options.ts";
import { untilReady } from "./ready.ts";
import { Registry } from "./registry.ts";
import { reloadMosquitto } from "./reload.ts";
import { catchUp, watchRegistry } from "./sync.ts";
import { View } from "./view.ts";

export { mosquitto } from "./options.ts";

/**
 * Prints or writes the files, and keeps the passwords in step.
 *
 * @throws {UsageError | HelpWanted | ApiError | Error}
 */
export async function configureMosquitto(
  args: string[],
  screen: Screen,
  environment: OtaEnvironment,
): Promise<boolean> {
  const options = parseBrokerConfig(args);
  const { given, conf, out } = options;
  const view = new View(screen, given.json);
  if (out === undefined) {
    view.texts({ [FILES.conf]: mosquittoConf(conf), [FILES.acl]: mosquittoAcl() });
    return true;
  }
  await writeFolder(options, view);
  const api = await whenWritten(async () => new Api(await accessOf(given, environment)));
  const registry = new Registry();
  await untilInterrupted(async (ended) => {
    const keeper = new Keeper(registry, conf, view, () => untilReady(api, ended));
    if (given.watch) return await watch(api, registry, keeper, view, ended);
    const onRead = (rows: number, end: number) => view.reading(rows, end);
    await whenWritten(() => catchUp(api, registry, onRead, FOLLOW_LIMITS, ended));
    if (!ended.aborted) await keeper.write();
    await keeper.done();
  });
  return true;
}

/** Everything that no registry is needed for. */
async function writeFolder(options: MosquittoOptions, view: View): Promise<void> {
  const { given, conf } = options;
  const files = await putFolder(options);
  view.files(options, files);
  // What was kept, though it differs, says itself where the engine comes in.
  if (!given.watch && files.get(FILES.conf) !== "differs") {
    view.next(options, (await Deno.stat(conf.folder)).uid === 0);
  }
  const isRead = [FILES.acl, FILES.engine].some((name) => files.get(name) === "written");
  if (!isRead || conf.pid === undefined) return;
  const reload = await reloadMosquitto(conf.pid);
  if ("pid" in reload) view.reload(reload);
}

async function watch(
  api: Api,
  registry: Registry,
  keeper: Keeper,
  view: View,
  interrupted: AbortSignal,
): Promise<void> {
  const ended = AbortSignal.any([interrupted, keeper.failed]);
  const watching = {
    onChange: () => keeper.ask(ended),
    onRead: (rows: number, end: number) => view.reading(rows, end),
    onAway: ({ message }: Error) => view.warn(`${message} It is waited for.`),
    onBack: () => view.warn("The engine is back."),
  };
  await watchRegistry(api, registry, watching, ended);
  await keeper.done();
}

/** That the files are there belongs to the complaint of a registry that cannot be read. */
async function whenWritten<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    (error as Error).message += " The files are there, but the passwords of devices are not up to" +
      " date: run this again when the engine runs.";
    throw error;
  }
}

async function untilInterrupted(work: (ended: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const end = () => controller.abort();
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, end);
  try {
    await work(controller.signal);
  } finally {
    for (const signal of signals) Deno.removeSignalListener(signal, end);
  }
}
