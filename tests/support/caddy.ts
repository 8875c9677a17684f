/** The real Caddy before an engine, with a Caddyfile of its own. */
import { pathOf } from "./program.ts";
import { ServerProcess } from "./server_process.ts";

/** A developer without Caddy goes on; CI has it and may not. */
export const ignoresCaddy = Deno.env.get("CI") === undefined && await pathOf("caddy") === undefined;

/** Starts it; `site` says that it listens on the port. Two of them meet nowhere. */
export async function startCaddy(
  folder: string,
  site: string,
  port: number,
): Promise<ServerProcess> {
  const own = await Deno.makeTempDir({ dir: folder, prefix: "caddy-" });
  const options = "{\n\tadmin off\n\tauto_https off\n}\n";
  await Deno.writeTextFile(`${own}/Caddyfile`, options + site);
  const args = ["run", "--config", `${own}/Caddyfile`, "--adapter", "caddyfile"];
  const env = { XDG_DATA_HOME: own, XDG_CONFIG_HOME: own };
  return await ServerProcess.start({ program: "caddy", args, env, port });
}
