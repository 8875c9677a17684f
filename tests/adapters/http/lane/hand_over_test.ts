/** A connection that is handed over, as its next owner sees it. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { Lane } from "../../../../adapters/http/lane/lane.ts";
import { onStage } from "../stage.ts";
import { requestText } from "./on_lane.ts";
import { Peer } from "./peer.ts";

const requests: [what: string, text: string][] = [
  ["a request for something else", requestText("POST /devices HTTP/1.1", ["Content-Length: 2"])],
  ["an image that it may not have", requestText(`GET /artifacts/${"0".repeat(64)} HTTP/1.1`, [])],
  [
    "an image with a wrong token",
    requestText(`GET /artifacts/${"0".repeat(64)} HTTP/1.1`, ["Authorization: Bearer wrong"]),
  ],
];

for (const [what, text] of requests) {
  Deno.test(`what came with ${what} is handed over at once, before anything that comes later`, async () => {
    await onStage(async ({ deps }) => {
      const { promise, resolve } = Promise.withResolvers<string>();
      const handOver = (socket: Socket) => {
        let taken = "";
        socket.on("data", (bytes) => taken += bytes);
        // Nothing comes in between: the platform reads what does past the stream.
        queueMicrotask(() => resolve(taken));
      };
      const lane = new Lane(deps, handOver, (error) => assert.fail(String(error)));
      const server = createServer((socket) => lane.take(socket));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        await using peer = await Peer.connect((server.address() as AddressInfo).port);
        await peer.send(text);
        assert.equal(await promise, text);
      } finally {
        lane.close();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      }
    });
  });
}
