/**
 * The entry of the command line: a table of commands. Each is put together in `commands/`, the only
 * place that sees every adapter; only the one that was asked for is loaded.
 */
import {
  complain,
  HelpWanted,
  overview,
  stdoutScreen,
  unknownCommand,
  UsageError,
} from "./adapters/cli/mod.ts";

const commands = {
  serve: async () => (await import("./commands/serve.ts")).serve,
  demo: async () => (await import("./commands/demo.ts")).demo,
  replay: async () => (await import("./commands/replay.ts")).replay,
  export: async () => (await import("./commands/export.ts")).exportLog,
  archive: async () => (await import("./commands/archive.ts")).archive,
  verify: async () => (await import("./commands/verify.ts")).verify,
  backup: async () => (await import("./commands/backup.ts")).backup,
  restore: async () => (await import("./commands/restore.ts")).restore,
  erase: async () => (await import("./commands/erase.ts")).erase,
  simulate: async () => (await import("./commands/simulate.ts")).simulate,
  device: async () => (await import("./commands/device.ts")).device,
  ota: async () => (await import("./commands/ota.ts")).ota,
  "broker-config": async () => (await import("./commands/broker_config.ts")).brokerConfig,
} as const;

/** Runs a command of the command line; the exit code of the process. */
export async function main([name = "", ...args]: string[]): Promise<number> {
  const screen = stdoutScreen();
  if (name === "" || name === "--help") return screen.write(`${overview()}\n`), 0;
  try {
    if (!Object.hasOwn(commands, name)) throw unknownCommand(name);
    const run = await commands[name as keyof typeof commands]();
    return await run(args, screen) ? 0 : 1;
  } catch (error) {
    if (error instanceof HelpWanted) return screen.write(`${error.message}\n`), 0;
    const { message, stack } = error as Error;
    complain(args.includes("--verbose") ? stack ?? message : message);
    return error instanceof UsageError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
