import assert from "node:assert/strict";
import { connectAsync } from "mqtt";
import { inFolder } from "./folder.ts";
import { ignoresMosquitto, Mosquitto } from "./mosquitto.ts";

Deno.test({
  name: "Mosquitto listens, is killed while stopped, and comes back on the same ports",
  ignore: ignoresMosquitto,
  fn: () =>
    inFolder(async (folder) => {
      const settings = ["allow_anonymous true"];
      await using broker = await Mosquitto.withSettings(folder, settings, 2);
      const enters = async (listener: number) => {
        const client = await connectAsync(broker.url(listener), { reconnectPeriod: 0 });
        await client.endAsync();
      };
      await enters(0);
      broker.signal("SIGSTOP");
      broker.signal("SIGCONT");
      await enters(1);
      broker.signal("SIGSTOP");
      await broker.end("SIGKILL");
      const { length } = broker.log;
      await broker.start();
      await enters(0);
      broker.signal("SIGHUP");
      await broker.says(/Reloading config/, length);
      await broker.end();
      assert.match(broker.log.slice(length), / terminating$/m);
    }),
});

Deno.test({
  name: "Mosquitto says why it does not start",
  ignore: ignoresMosquitto,
  fn: () =>
    inFolder(async (folder) => {
      const start = Mosquitto.withSettings(folder, ["no_such_setting 1"]);
      await assert.rejects(start, /^Error: Mosquitto has ended:\n.*no_such_setting/s);
    }),
});
