/** A broker that takes the handshake and then sends us away: with TLS 1.3 it has not seen us before. */
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { BrokerLink } from "../../../../adapters/mqtt/mod.ts";
import { soon } from "../../../e2e/house.ts";
import { ignoresOpenssl, makeAuthority, makeCertificate } from "../../../support/certificates.ts";
import { inFolder } from "../../../support/folder.ts";
import { Recorder } from "../embedded/recorder.ts";

Deno.test({
  name: "BrokerLink takes a connection that ends after the handshake for a failure of TLS",
  ignore: ignoresOpenssl,
  fn: () =>
    inFolder(async (folder) => {
      await makeAuthority(folder, "ca");
      await makeCertificate(folder, "server", "ca");
      const [ca, cert, key] = ["ca.crt", "server.crt", "server.key"].map((name) =>
        Deno.readTextFileSync(`${folder}/${name}`)
      );
      let tries = 0;
      const { promise: twice, resolve: onTwice } = Promise.withResolvers<void>();
      const server = createServer({ cert: cert!, key: key! }, (socket) => {
        socket.on("error", () => {});
        // Whoever tries version by version comes twice before it pauses.
        if (++tries === 4) onTwice();
        socket.once("data", () => socket.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const notes: string[] = [];
      const link = new BrokerLink({
        broker: { host: "127.0.0.1", port, isTls: true, ca: ca! },
        versions: [5, 4],
        knownPackets: () => Promise.resolve([]),
        session: { name: "first", renew: () => Promise.resolve() },
        prefix: "/ota",
        clientId: "otalog01234567",
        onTrouble: (sentence) => void notes.push(sentence),
        onUp: () => assert.fail("it is up"),
      });
      await link.open(new Recorder());
      await soon(twice, "another try by both versions");
      await link.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      assert.deepEqual(notes, [
        `No connection to the broker 127.0.0.1:${port}: TLS failed (it closed the connection ` +
        "after the handshake). Check that this port speaks TLS, and --broker-ca, --broker-cert " +
        "and --broker-key.",
      ]);
    }),
});
