/** Brokers that cannot be used: what the operator is told, once, and what goes on meanwhile. */
import assert from "node:assert/strict";
import { EngineProcess, TOKEN } from "../crash/engine_process.ts";
import { ignoresOpenssl, makeAuthority } from "../support/certificates.ts";
import { inFolder } from "../support/folder.ts";
import { freePort } from "../support/free_port.ts";
import { ignoresMosquitto, Mosquitto } from "../support/mosquitto.ts";
import { guarded, OPEN } from "./broker_house.ts";
import { assertReplays, Operator, randomImage } from "./house.ts";

/** A process must have ended so soon after SIGTERM, however long a broker may take to answer (10 s). */
const END_MS = 8_000;

const where = "Check address and port in --broker, and whether";
const tls = "Check that this port speaks TLS, and --broker-ca, --broker-cert and --broker-key.";
const log = "Look into its log. A port that wants TLS needs mqtts:// in --broker; " +
  "a client id belongs to one engine alone.";

/** The engine cannot use the broker: what it says, and what it does for everybody else. */
async function assertComplains(
  engine: EngineProcess,
  address: string,
  ...sentences: readonly string[]
): Promise<void> {
  await engine.complains(/\n/);
  const said = engine.said;
  const known = sentences.map((one) => `No connection to the broker ${address}: ${one}\n`);
  assert.ok(known.includes(said), `${said} is none of\n${known.join("")}`);
  const operator = new Operator(() => engine.httpUrl, () => TOKEN);
  const status = async (path: string) => {
    const response = await fetch(`${engine.httpUrl}${path}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual([await status("/healthz"), await status("/readyz")], [200, 503]);
  await operator.register("pump-7");
  const checksum = await operator.upload("2.0.0", randomImage(1_000));
  await operator.order("pump-7", "2.0.0", checksum);
  assert.equal(await status(`/artifacts/${checksum.slice(7)}`), 200);
}

/** It ends in time and says nothing more. */
async function assertEnds(engine: EngineProcess): Promise<void> {
  const { said } = engine;
  const asked = performance.now();
  assert.equal(await engine.end("SIGTERM"), 0);
  assert.ok(performance.now() - asked < END_MS, "it took too long to end");
  assert.equal(engine.said, said);
}

/** An engine that is told of a broker; `ready` says whether it was ready before its end. */
async function withEngine(
  folder: string,
  args: readonly string[],
  story: (engine: EngineProcess, ready: Promise<boolean>) => Promise<void>,
): Promise<void> {
  const data = await Deno.makeTempDir({ dir: folder });
  {
    await using engine = await EngineProcess.on(data, [], ["--broker", ...args]);
    const ready = engine.start();
    ready.catch(() => {});
    await story(engine, ready);
  }
  await assertReplays(data);
}

Deno.test({
  name: "serve says in one sentence why a broker cannot be used, and ends when asked",
  ignore: ignoresMosquitto || ignoresOpenssl,
  fn: () =>
    inFolder(async (folder) => {
      await using mosquitto = await guarded(folder);
      await makeAuthority(folder, "other");
      const [plain, secure, mutual] = mosquitto.ports.map((port) => `127.0.0.1:${port}`);
      const ca = ["--broker-ca", `${folder}/ca.crt`];
      const closed = await freePort();
      const faults: readonly (readonly [string, string[], ...string[]])[] = [
        // No resolver is asked for a name with an empty label; no packet leaves for a group by TCP.
        [
          "broker..example:1883",
          ["mqtt://broker..example"],
          "there is no host of that name. Check the name in --broker.",
        ],
        [
          "224.0.0.1:1883",
          ["mqtt://224.0.0.1"],
          `no answer (there is no route to it). ${where} a firewall lies between.`,
        ],
        [
          `127.0.0.1:${closed}`,
          [`mqtt://127.0.0.1:${closed}`],
          `it refused the connection. ${where} the broker runs.`,
        ],
        [
          plain!,
          [`mqtt://otalog:wrong@${plain}`],
          "it refused the user name or the password. " +
          "Check those in --broker or --broker-password-file.",
        ],
        [
          plain!,
          [`mqtts://${plain}`, ...ca],
          "TLS failed (Client network socket disconnected before secure TLS connection was " +
          `established). ${tls}`,
        ],
        [
          secure!,
          [`mqtts://${secure}`, "--broker-ca", `${folder}/other.crt`],
          `TLS failed (self-signed certificate in certificate chain). ${tls}`,
        ],
        [
          mutual!,
          [`mqtts://${mutual}`, ...ca],
          `TLS failed (received fatal alert: CertificateRequired). ${tls}`,
          // What the broker said may be lost with the connection.
          `TLS failed (it closed the connection after the handshake). ${tls}`,
        ],
        [secure!, [`mqtt://${secure}`], `it closed the connection. ${log}`],
      ];
      // Two at a time, as there are two cores.
      const queue = [...faults];
      const worker = async () => {
        for (let fault = queue.shift(); fault; fault = queue.shift()) {
          const [address, args, ...sentences] = fault;
          await withEngine(folder, args, async (engine, ready) => {
            await assertComplains(engine, address, ...sentences);
            await assertEnds(engine);
            assert.equal(await ready, false, address);
          });
        }
      };
      await together(worker(), worker());
    }),
});

Deno.test({
  name: "serve goes on trying, says nothing more of it, and is ready once the broker is there",
  ignore: ignoresMosquitto,
  fn: () =>
    inFolder(async (folder) => {
      await using mosquitto = await Mosquitto.withSettings(folder, OPEN);
      const address = `127.0.0.1:${mosquitto.ports[0]}`;
      const late = async () => {
        await mosquitto.end();
        await withEngine(folder, [`mqtt://${address}`], async (engine, ready) => {
          await assertComplains(
            engine,
            address,
            `it refused the connection. ${where} the broker runs.`,
          );
          const { said } = engine;
          await mosquitto.start();
          assert.equal(await ready, true);
          await engine.complains(/again/);
          assert.equal(engine.said, `${said}The broker can be reached again.\n`);
          const response = await fetch(`${engine.httpUrl}/readyz`);
          await response.body?.cancel();
          assert.equal(response.status, 200);
          // A broker that answers nothing any more does not keep it from ending.
          mosquitto.signal("SIGSTOP");
          await assertEnds(engine);
        });
      };
      const stopped = async () => {
        const own = await Deno.makeTempDir({ dir: folder });
        await using hung = await Mosquitto.withSettings(own, OPEN);
        const address = `127.0.0.1:${hung.ports[0]}`;
        hung.signal("SIGSTOP");
        await withEngine(folder, [`mqtt://${address}`], async (engine, ready) => {
          await assertComplains(
            engine,
            address,
            `no answer (to CONNECT). ${where} a firewall lies between.`,
          );
          hung.signal("SIGCONT");
          assert.equal(await ready, true);
          hung.signal("SIGSTOP");
          await assertEnds(engine);
        });
      };
      const isStopping = async () => {
        const own = await Deno.makeTempDir({ dir: folder });
        await using hung = await Mosquitto.withSettings(own, OPEN);
        hung.signal("SIGSTOP");
        const args = [`mqtt://127.0.0.1:${hung.ports[0]}`];
        await withEngine(folder, args, async (engine, ready) => {
          // HTTP is there, the broker has been asked and does not answer yet.
          await isHealthy(engine);
          await assertEnds(engine);
          assert.equal(await ready, false);
          assert.equal(engine.said, "");
        });
      };
      await together(late(), stopped(), isStopping());
    }),
});

/** Fails as the first of them that did, but not before all have put away what they began. */
async function together(...stories: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(stories);
  await Promise.all(stories);
}

/** Resolves when the process answers over HTTP. */
async function isHealthy({ httpUrl }: EngineProcess): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(`${httpUrl}/healthz`);
      await response.body?.cancel();
      if (response.status === 200) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
}
