/** `demo`: an engine and virtual devices in one process, then a replay of what they did. */
import { checkDemo, parseDemo, runDemo } from "../adapters/cli/mod.ts";
import type { Screen } from "../adapters/cli/mod.ts";
import { VirtualDevice } from "../adapters/device/mod.ts";
import { openHouse } from "./house/open_house.ts";
import { replay } from "./replay.ts";

export async function demo(args: string[], screen: Screen): Promise<boolean> {
  const options = parseDemo(args);
  await checkDemo(options);
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
    const allRun = await runDemo(house, options, folder, VirtualDevice, screen)
      .finally(() => house.close());
    const isProved = await replay(["--data", folder], screen);
    return allRun && isProved;
  } finally {
    if (options.data === undefined) await Deno.remove(folder, { recursive: true });
  }
}
