/** The README's example of a first real device, run as it is written. */
import assert from "node:assert/strict";
import { inHouse, randomImage, soon } from "../e2e/house.ts";

async function has(command: string): Promise<boolean> {
  const { success } = await new Deno.Command("which", { args: [command] }).output();
  return success;
}

const isCi = Deno.env.get("CI") !== undefined;
const canRun = await has("mosquitto_pub") && await has("curl");

/** The shell block after a heading's mark. */
function blockOf(readme: string, mark: string): string {
  const from = readme.indexOf(`<!-- ${mark} -->`);
  assert.ok(from >= 0, `the README has no ${mark}`);
  return /```sh\n([\s\S]*?)```/.exec(readme.slice(from))![1]!;
}

Deno.test({
  name: "README: a first real device goes from the order to success with mosquitto_pub and curl",
  // A developer without these programs goes on; CI has them and may not.
  ignore: !canRun && !isCi,
  fn: async () => {
    const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
    await inHouse(async (stage) => {
      const { hostname, port } = new URL(stage.house.mqttUrl);
      const script = blockOf(readme, "example: first device")
        .replaceAll("http://127.0.0.1:8000", stage.house.httpUrl)
        .replaceAll("-h 127.0.0.1", `-h ${hostname} -p ${port}`)
        .replaceAll("data/operator.token", `${stage.folder}/data/operator.token`);
      await Deno.writeFile(`${stage.folder}/firmware.bin`, randomImage(123_456));
      const shell = new Deno.Command("bash", {
        args: ["-euo", "pipefail", "-c", script],
        cwd: stage.folder,
        stdout: "piped",
        stderr: "piped",
      }).output();
      const { code, stdout, stderr } = await soon(shell, "the end of the example", 60_000);
      const said = new TextDecoder().decode(stdout);
      assert.equal(code, 0, said + new TextDecoder().decode(stderr));
      assert.match(said, /\/ota\/pump-7\/metadata \{/);
      assert.match(
        said,
        /\/ota\/pump-7\/success \{"task_id":"OTA_\d{8}_001","version":"2\.0\.0"\}/,
      );
      const { body } = await stage.ask("GET", "/tasks");
      assert.equal(body.items[0].state, "succeeded");
    });
  },
});
