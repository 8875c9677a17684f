/** A whole engine behind a proxy that sends its images, as `adapters/http/README.md` puts it there. */
import assert from "node:assert/strict";
import { blockOf, documentOf } from "../docs/examples.ts";
import { ignoresCaddy, startCaddy } from "../support/caddy.ts";
import { freePort } from "../support/free_port.ts";
import { ignoresNginx, startNginx } from "../support/nginx.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { inHouse } from "./house.ts";
import type { Stage } from "./house.ts";
import type { HouseOptions } from "../../commands/house/house.ts";

const page = await documentOf("adapters/http/README.md");

/** A proxy, and how it is told of the images. */
export interface Proxy {
  readonly name: "nginx" | "caddy";
  readonly offload: NonNullable<HouseOptions["offload"]>;
  readonly ignore: boolean;
  /** Starts it in the folder with this configuration; `user` is whom root lets it be. */
  start(folder: string, site: string, port: number, user?: string): Promise<ServerProcess>;
}

export const nginx: Proxy = {
  name: "nginx",
  offload: "x-accel-redirect",
  ignore: ignoresNginx,
  start: startNginx,
};
export const caddy: Proxy = {
  name: "caddy",
  offload: "x-sendfile",
  ignore: ignoresCaddy,
  start: startCaddy,
};

/** An engine whose URL is that of the proxy before it. */
export type ProxiedStage = Stage & {
  /** Where the engine itself listens. */
  readonly engineUrl: string;
  readonly server: ServerProcess;
};

/** Runs the story in a house behind the proxy. */
export async function behindProxy(
  { name, offload, start }: Proxy,
  story: (stage: ProxiedStage) => Promise<void>,
  { user, ...more }: Partial<HouseOptions> & { readonly user?: string } = {},
): Promise<void> {
  const [engine, port] = [await freePort(), await freePort()];
  const publicUrl = `http://127.0.0.1:${port}`;
  await inHouse(async (stage) => {
    const data = more.data ?? `${stage.folder}/data`;
    await using server = await start(
      stage.folder,
      siteOf(name, { engine, port, data }),
      port,
      user,
    );
    await story(Object.assign(stage, { engineUrl: `http://127.0.0.1:${engine}`, server }));
  }, { publicUrl, offload, http: { host: "127.0.0.1", port: engine }, ...more });
}

/** The configuration of the page, with what is elsewhere in a test. */
export function siteOf(
  name: Proxy["name"],
  place: { readonly engine: number; readonly port: number; readonly data: string },
): string {
  const changes = [
    ["127.0.0.1:8000", `127.0.0.1:${place.engine}`],
    ...name === "nginx"
      ? [["listen 8080;", `listen 127.0.0.1:${place.port};`], ["/srv/otalog/data", place.data]]
      : [[":8080 {", `http://:${place.port} {\n\tbind 127.0.0.1`]],
  ];
  return changes.reduce((site, [from, to]) => {
    assert.ok(site.includes(from!), `The page has no ${from}`);
    return site.replaceAll(from!, to!);
  }, blockOf(page, `example: ${name}`));
}
