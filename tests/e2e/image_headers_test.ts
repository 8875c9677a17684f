/** What files say of themselves, from an operator's command to the log and its replay. */
import assert from "node:assert/strict";
import { runOta, UsageError } from "../../adapters/cli/mod.ts";
import { espImage, mcubootImage } from "../support/made_images.ts";
import { Paper } from "../adapters/cli/paper.ts";
import { checksumOf, inHouse, randomImage, soon } from "./house.ts";
import type { Stage } from "./house.ts";

async function ota(stage: Stage, ...args: string[]): Promise<string> {
  const paper = new Paper(false);
  const environment = { url: stage.house.httpUrl, token: stage.house.operator.token };
  await soon(runOta(args, paper, environment), `the end of ota ${args}`);
  return paper.text.trimEnd();
}

Deno.test("an image that contradicts its declaration is refused over HTTP and by the command line", async () => {
  await inHouse(async (stage) => {
    const esp = espImage({ version: "v1.2.0", project: "pump one", segments: [300_000, 90_000] });
    const mcuboot = mcubootImage({ version: [3, 0, 1, 0], programBytes: 200_000 });
    const files = { esp, cut: mcuboot.slice(0, 100_000), mcuboot, other: randomImage(1_000) };
    for (const [name, bytes] of Object.entries(files)) {
      await Deno.writeFile(`${stage.folder}/${name}`, bytes);
    }
    const add = (name: keyof typeof files, version: string, ...more: string[]) =>
      ota(stage, "firmware", "add", `${stage.folder}/${name}`, "--version", version, ...more);
    const before = (await stage.ask("GET", "/events?limit=500")).body.items.length;

    const { status, body } = await stage.ask("PUT", "/firmware/2.0.0?product=valve", esp);
    assert.deepEqual([status, body.errors.map(({ path }: { path: string }) => path)], [
      422,
      ["version", "product"],
    ]);
    await assert.rejects(add("esp", "2.0.0", "--product", "valve"), {
      name: "ApiError",
      message: "--version must be v1.2.0, as the file says, unless --header ignore is given; " +
        "--product must be pump one, as the file says, unless --header ignore is given.",
    });
    await assert.rejects(add("cut", "3.0.1"), {
      message: '--header must be "ignore" to take a file that is cut off: by its MCUboot header ' +
        "the image has at least 200512 bytes, but these are 100000.",
    });
    await assert.rejects(add("esp", "1.2.0", "--header", "trust"), UsageError);
    assert.equal((await stage.ask("GET", "/events?limit=500")).body.items.length, before);
    assert.deepEqual([...Deno.readDirSync(`${stage.folder}/data/images`)], []);

    assert.equal(
      await add("esp", "1.2.0", "--product", "Pump One"),
      `1.2.0 of Pump One is stored: 381 KiB, ${checksumOf(esp)}, in it ESP32-C3 pump one v1.2.0`,
    );
    assert.match(await add("esp", "2.0.0", "--header", "ignore"), /^2\.0\.0 is stored: /);
    assert.match(await add("mcuboot", "3.0.1"), /, in it MCUboot 3\.0\.1\+0$/);
    assert.match(await add("other", "4"), /^4 is stored: 1000 B, sha256:[0-9a-f]{64}$/);
    const [heads, ...lines] = (await ota(stage, "firmware", "list")).split("\n");
    assert.match(heads!, /^version +product +size +checksum +since +file$/);
    const said = lines.map((line) => /^(\S+).*\.\d{3}Z *(.*)$/.exec(line)?.slice(1).join(": "));
    assert.deepEqual(said, [
      "1.2.0: ESP32-C3 pump one v1.2.0",
      "2.0.0: ESP32-C3 pump one v1.2.0 (ignored)",
      "3.0.1: MCUboot 3.0.1+0",
      "4: ",
    ]);
  });
});
