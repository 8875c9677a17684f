/**
 * A script: what an upgrade costs at the least on this machine. The same broker and the same ranges,
 * but nothing is checked, decided or stored: each report is acknowledged and answered at once.
 */
import { createServer as createHttp } from "node:http";
import { createServer as createTcp } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { Aedes } from "aedes";
import type { Client, PublishPacket } from "aedes";
import { checksumOf, randomImage } from "../../e2e/house.ts";
import { taskOf } from "./stdin.ts";

/** What it is told. */
export interface BareTask {
  readonly imageBytes: number;
}

const image = randomImage(taskOf<BareTask>().imageBytes);
const http = createHttp((request, response) => {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")!;
  const part = image.subarray(Number(from), Number(to) + 1);
  const range = `bytes ${from}-${to}/${image.length}`;
  response.writeHead(206, { "content-length": part.length, "content-range": range }).end(part);
});
const httpUrl = `http://127.0.0.1:${await listen(http)}`;
const metadata = JSON.stringify({
  task_id: "OTA_20230801_001",
  version: "2.0.0",
  url: `${httpUrl}/image`,
  size: image.length,
  checksum: checksumOf(image),
});
const success = JSON.stringify({ task_id: "OTA_20230801_001", version: "2.0.0" });
const aedes = new Aedes({
  authorizePublish: (client, packet, done) => {
    done(null);
    const { topic } = packet;
    if (client && topic.endsWith("/request")) send(client, "metadata", metadata, 1);
    if (client && topic.endsWith("/verify")) send(client, "success", success, 2);
  },
  authorizeForward: (_, packet) => "clientId" in packet ? null : packet,
});
aedes.on("subscribe", (_, client) => send(client, "metadata", metadata, 1));
await aedes.listen();
const broker = createTcp((socket) => {
  socket.setNoDelay(true);
  aedes.handle(socket);
});
console.log(`ready http=${httpUrl} mqtt=mqtt://127.0.0.1:${await listen(broker)}`);

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function send(client: Client, kind: string, payload: string, qos: 1 | 2): void {
  const topic = `/ota/${client.id}/${kind}`;
  const packet = { cmd: "publish", topic, payload, qos, retain: false, dup: false } as const;
  client.publish(packet as unknown as PublishPacket, () => {});
}
