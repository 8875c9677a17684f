import assert from "node:assert/strict";
import { ignoresCaddy, startCaddy } from "./caddy.ts";
import { inFolder } from "./folder.ts";
import { freePort, isOpen } from "./free_port.ts";
import { ignoresNginx, startNginx } from "./nginx.ts";

const servers = [
  {
    name: "nginx",
    ignore: ignoresNginx,
    start: startNginx,
    site: (port: number, more = "") => `server { listen 127.0.0.1:${port}; ${more} }\n`,
  },
  {
    name: "caddy",
    ignore: ignoresCaddy,
    start: startCaddy,
    site: (port: number, more = "") => `http://:${port} {\n\tbind 127.0.0.1\n${more}\n}\n`,
  },
];

for (const { name, ignore, start, site } of servers) {
  Deno.test({
    name: `${name} listens, beside another one, and is gone with its port`,
    ignore,
    fn: () =>
      inFolder(async (folder) => {
        const [one, other] = [await freePort(), await freePort()];
        {
          await using _first = await start(folder, site(one), one);
          await using _second = await start(folder, site(other), other);
          assert.deepEqual([await isOpen(one), await isOpen(other)], [true, true]);
        }
        assert.deepEqual([await isOpen(one), await isOpen(other)], [false, false]);
      }),
  });

  Deno.test({
    name: `${name} says why it does not start`,
    ignore,
    fn: () =>
      inFolder(async (folder) => {
        const port = await freePort();
        const started = start(folder, site(port, "no_such_setting 1;"), port);
        await assert.rejects(
          started,
          new RegExp(`^Error: ${name} has ended:\n[^]*no_such_setting`),
        );
      }),
  });
}
