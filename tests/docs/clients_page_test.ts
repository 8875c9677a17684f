/** The page about clients that only fetch: its updaters run as they are written. */
import assert from "node:assert/strict";
import { checksumOf, inHouse, randomImage } from "../e2e/house.ts";
import { BadNetwork } from "../support/network/bad_network.ts";
import { Weather } from "../support/network/weather.ts";
import { aimedAt, blockOf, documentOf, endOfShell, ignoresShell } from "./examples.ts";

const page = await documentOf("adapters/http/checks/README.md");

/** How each ends when there is nothing new, and when its image was cut. */
const updaters = [
  { program: "curl", nothing: { code: 0, said: "Nothing new.\n" }, cut: { code: 1, said: "" } },
  { program: "wget", nothing: { code: 8, said: "" }, cut: { code: 4, said: "" } },
];
const updated = { code: 0, said: "Updated: reboot now, and check again.\n" };

for (const { program, nothing, cut } of updaters) {
  Deno.test({
    name: `The page about clients that only fetch: its ${program} updates, but never with a part`,
    ignore: ignoresShell,
    fn: async () => {
      await inHouse(async (stage) => {
        const token = await stage.register("pump-7");
        const [old, image] = [randomImage(10_000), randomImage(20_000)];
        const checksum = await stage.upload("2.0.0", image);
        const file = `${stage.folder}/firmware.bin`;
        await Deno.writeFile(file, old);
        const updater = `TOKEN=${token}\n${aimedAt(stage, blockOf(page, `example: ${program}`))}`;
        const run = async (url = stage.house.httpUrl) => {
          const script = updater.replaceAll(stage.house.httpUrl, url);
          const { code, said } = await endOfShell(stage, script);
          return { code, said, runs: checksumOf(await Deno.readFile(file)) };
        };
        assert.deepEqual(await run(), { ...nothing, runs: checksumOf(old) });
        const task = await stage.order("pump-7", "2.0.0", checksum);
        const weather = new Weather({ cutAfterBytes: 10_000 });
        await using network = await BadNetwork.before(stage.house.httpUrl, weather);
        assert.deepEqual(await run(network.url), { ...cut, runs: checksumOf(old) });
        const { size: part } = await Deno.stat(`${stage.folder}/new.bin`);
        assert.ok(network.counts.cuts === 1 && part > 0 && part < 10_000, `${part} bytes`);
        weather.become({});
        assert.deepEqual(await run(network.url), { ...updated, runs: checksum });
        assert.deepEqual(await run(), { ...nothing, runs: checksum });
        assert.equal((await stage.task(task)).state, "succeeded");
      });
    },
  });
}
