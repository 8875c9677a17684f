/** The real nginx before an engine, with a configuration for `conf.d` of its own. */
import { pathOf } from "./program.ts";
import { ServerProcess } from "./server_process.ts";

/** A developer without nginx goes on; CI has it and may not. */
export const ignoresNginx = Deno.env.get("CI") === undefined && await pathOf("nginx") === undefined;

/** What it would keep in folders that are root's. */
const TEMP = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Starts it; `site` says that it listens on the port, `user` is whom root lets its workers be. */
export async function startNginx(
  folder: string,
  site: string,
  port: number,
  user = "root",
): Promise<ServerProcess> {
  const own = await Deno.makeTempDir({ dir: folder, prefix: "nginx-" });
  await Deno.writeTextFile(`${own}/site.conf`, site);
  const lines = [
    "daemon off;",
    "worker_processes 2;",
    `pid ${own}/pid;`,
    "error_log stderr notice;",
    ...(Deno.uid() === 0 ? [`user ${user};`] : []),
    "events {}",
    "http {",
    "  access_log off;",
    ...TEMP.map((name) => `  ${name}_temp_path ${own}/${name};`),
    `  include ${own}/site.conf;`,
    "}",
  ];
  await Deno.writeTextFile(`${own}/nginx.conf`, `${lines.join("\n")}\n`);
  const args = ["-p", own, "-e", "stderr", "-c", `${own}/nginx.conf`];
  return await ServerProcess.start({ program: "nginx", args, port });
}
