/** The page for those who run a broker already: its commands run as they are written, one by one. */
import assert from "node:assert/strict";
import { PART_BYTES_MAX } from "../../core/protocol/limits.ts";
import { DEVICE_LEVELS } from "../../core/protocol/topics.ts";
import { randomImage, soon } from "../e2e/house.ts";
import { inFolder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";
import { ignoresMosquitto } from "../support/mosquitto.ts";
import { pathOf } from "../support/program.ts";
import { blockOf, documentOf } from "./examples.ts";

const ROOT = new URL("../../", import.meta.url);
const page = await documentOf("adapters/mqtt/README.md");

/** Where everything is in the test, instead of where the page has it. */
interface Place {
  readonly folder: string;
  readonly ports: { readonly devices: number; readonly engine: number; readonly http: number };
}

async function placeIn(folder: string): Promise<Place> {
  const [devices, engine, http] = [await freePort(), await freePort(), await freePort()];
  return { folder, ports: { devices, engine, http } };
}

/** The commands of an example, with the folder and the ports of the test. */
async function commandsOf(mark: string, { folder, ports }: Place): Promise<string> {
  const data = `--data ${folder}/data`;
  const listeners = `--devices 127.0.0.1:${ports.devices} --engine 127.0.0.1:${ports.engine}`;
  const http = `127.0.0.1:${ports.http}`;
  return blockOf(page, `example: ${mark}`)
    .replaceAll("firmware.bin", `${folder}/firmware.bin`)
    .replaceAll(/ mosquitto\//g, ` ${folder}/mosquitto/`)
    .replaceAll(
      "--out mosquitto",
      `--out ${folder}/mosquitto ${listeners} ${data} --url http://${http}`,
    )
    .replaceAll("127.0.0.1:1884", `127.0.0.1:${ports.engine}`)
    .replaceAll("task serve", `task serve ${data} --http ${http}`)
    .replaceAll(/task ota (\w+ add|upgrade)/g, `task ota $1 ${data} --url http://${http}`)
    .replaceAll("--url http://127.0.0.1:8000", `--url http://${http}`)
    .replaceAll(
      "task device",
      `task device --mqtt 127.0.0.1:${ports.devices} --folder ${folder}/devices`,
    )
    .replaceAll(/^mosquitto/gm, await pathOf("mosquitto") ?? "mosquitto")
    .replaceAll("deno task", `${Deno.execPath()} task -q`);
}

/** One terminal. */
class Terminal implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<void>[];
  #said = "";
  #wake = Promise.withResolvers<void>();

  constructor(script: string) {
    this.#child = new Deno.Command("bash", {
      args: ["-euo", "pipefail", "-c", script],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#output = [this.#child.stdout, this.#child.stderr].map((stream) => this.#hear(stream));
  }

  get said(): string {
    return this.#said;
  }

  async says(what: RegExp): Promise<void> {
    const comes = async () => {
      while (!what.test(this.#said)) await this.#wake.promise;
    };
    await soon(comes(), `${what}`).catch((error) => assert.fail(`${error.message}: ${this.#said}`));
  }

  /** Its exit code when it has ended by itself. */
  async ended(): Promise<number> {
    const { code } = await soon(this.#child.status, "the end of the commands", 60_000);
    await Promise.all(this.#output);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await soon(this.#child.status, "the end of a terminal");
    await Promise.all(this.#output);
  }

  async #hear(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#said += text;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    }
  }
}

Deno.test({
  name: "adapters/mqtt/README.md: five steps from nothing to an upgrade behind Mosquitto",
  ignore: ignoresMosquitto,
  fn: () =>
    inFolder(async (folder) => {
      const place = await placeIn(folder);
      const terminal = async (mark: string) =>
        // The shell becomes the command, so that it is the command that is ended.
        new Terminal(`exec ${await commandsOf(mark, place)}`);
      await Deno.writeFile(`${folder}/firmware.bin`, randomImage(123_456));
      await using files = new Terminal(await commandsOf("files", place));
      assert.equal(await files.ended(), 0, files.said);
      // As root, Mosquitto would become a user who may not read the folder of a test.
      const conf = `${folder}/mosquitto/otalog.conf`;
      if (Deno.uid() === 0) await Deno.writeTextFile(conf, "user root\n", { append: true });
      await using _mosquitto = await terminal("broker");
      await using engine = await terminal("engine");
      await engine.says(/^ready http=\S+ mqtt=mqtt:\/\/127\.0\.0\.1:\d+$/m);
      await using passwords = await terminal("passwords");
      await passwords.says(/./);
      await using device = new Terminal(await commandsOf("device", place));
      assert.equal(await device.ended(), 0, device.said);
      assert.match(device.said, /succeeded/);
    }),
});

Deno.test("the page says every sentence of the engine about a broker that cannot be used", async () => {
  const source = await documentOf("adapters/mqtt/external/trouble.ts");
  const list = /const sentences[^]*?\n};/.exec(source)![0];
  const sentences = [...list.matchAll(/^ {2}\w+: \[\s*"([^"]+)"/gm)].map(([, what]) => what!);
  assert.equal(sentences.length, 9);
  for (const what of sentences) assert.ok(page.includes(`| ${what} `), what);
});

Deno.test("the page names every level that a device publishes to, where the engine listens and where it may", () => {
  for (const begin of ["One listens to `/ota/+/", "it may publish to `"]) {
    const from = page.indexOf(begin);
    assert.ok(from >= 0, begin);
    const list = page.slice(from + begin.length - 1).split(/ at QoS|\sbelow/, 1)[0]!;
    for (const level of DEVICE_LEVELS) assert.match(list, new RegExp(`[\`/]${level}\``), begin);
  }
});

Deno.test("the page names limits of packets that the largest part of an image fits into", () => {
  const row = page.split("\n").find((line) => line.startsWith("| packets of "))!;
  const [least, emqx, ...others] = [...row.matchAll(/(\d+)( ?Ki?B|`|\s+\|)/g)].map(([, n]) =>
    Number(n)
  );
  assert.equal(others.length, 2);
  for (const bytes of [least! * 1_024, emqx! * 1_024, ...others]) {
    assert.ok(bytes >= PART_BYTES_MAX + 512, `${bytes} bytes`);
  }
});
