/** Real programs that know nothing of us, and go on where a connection was cut. */
import assert from "node:assert/strict";
import { BadNetwork } from "../../support/network/bad_network.ts";
import { Weather } from "../../support/network/weather.ts";
import { inHouse, randomImage } from "../house.ts";

const SIZE = 500_000;
const CUT_AFTER = 200_000;

interface Program {
  readonly name: string;
  /** How it fetches the URL into the file, going on where that ends. */
  readonly args: (fetch: { url: string; file: string; token: string }) => string[];
}

const programs: readonly Program[] = [
  {
    name: "curl -C -",
    args: (
      { url, file, token },
    ) => ["-sSf", "--max-time", "20", "-u", `pump-7:${token}`, "-C", "-", "-o", file, url],
  },
  {
    name: "wget -c",
    args: (
      { url, file, token },
    ) => [
      "-q",
      "-T",
      "20",
      "-t",
      "1",
      "--user=pump-7",
      `--password=${token}`,
      "-c",
      "-O",
      file,
      url,
    ],
  },
];

for (const { name, args } of programs) {
  for (const path of ["the image", "/ota/pump-7/update"]) {
    Deno.test(`${name} of ${path} is cut, goes on where it stopped, and has every byte`, async () => {
      await inHouse(async (stage) => {
        const token = await stage.register("pump-7");
        const image = randomImage(SIZE);
        const checksum = await stage.upload("2.0.0", image);
        const task = await stage.order("pump-7", "2.0.0", checksum);
        // The first check makes the task the one that bytes are counted for.
        const check = `${stage.house.httpUrl}/ota/pump-7/update`;
        const headers = { authorization: `Bearer ${token}` };
        assert.equal((await fetch(check, { method: "HEAD", headers })).status, 200);
        const weather = new Weather({ cutAfterBytes: CUT_AFTER });
        await using network = await BadNetwork.before(stage.house.httpUrl, weather);
        const file = `${stage.folder}/image`;
        const rest = path === "the image" ? `/artifacts/${checksum.slice(7)}` : path;
        const url = `${network.url}${rest}`;
        const run = async () =>
          await new Deno.Command(name.split(" ")[0]!, { args: args({ url, file, token }) })
            .output();
        const first = await run();
        assert.equal(network.counts.cuts, 1);
        assert.equal(first.success, false);
        const { size } = await Deno.stat(file);
        assert.ok(size > 0 && size < CUT_AFTER, `${size} bytes`);
        weather.become({});
        const second = await run();
        assert.ok(second.success, new TextDecoder().decode(second.stderr));
        assert.deepEqual(new Uint8Array(await Deno.readFile(file)), new Uint8Array(image));
        // What it had it did not ask for again.
        const { attempts: [attempt] } = (await stage.ask("GET", `/tasks/${task}/transfer`)).body;
        assert.deepEqual([attempt.requests, attempt.repeated], [2, 0]);
      });
    });
  }
}
