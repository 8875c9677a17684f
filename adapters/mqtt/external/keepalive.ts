/** Whether a connection still lives: asked for, measured, and ended when no answer comes. */
import type { Packet } from "mqtt";
import type { Line } from "./line.ts";
import type { PathMeter } from "./path_meter.ts";
import { BrokerTrouble } from "./trouble.ts";

/** The library gives up, and says nothing of it, half a keepalive after it has asked. */
const ANSWER_MS_PER_S = 450;
/** What a network does to a connection that it has lost. */
const LOSSES = ["ECONNRESET", "ETIMEDOUT", "EPIPE"];

/** Asks the broker now and then whether it is there, as often as the path wants it. */
export function keepAlive({ client, wire }: Line, meter: PathMeter, address: string): void {
  let askedAt = 0;
  let late: ReturnType<typeof setTimeout> | undefined;
  // A broker may want to hear from us more often than that (MQTT 5 §3.2.2.3.14).
  const paceS = () => Math.min(meter.keepaliveS, client.keepalive);
  const setPace = () => client.keepaliveManager?.setKeepalive(paceS());
  setPace();
  client.on("packetsend", ({ cmd }: Packet) => {
    if (cmd !== "pingreq") return;
    wire.noteOwnPing();
    askedAt = performance.now();
    clearTimeout(late);
    late = setTimeout(() => {
      // The answer may lie there: it is we who are slow. Asked again, the library waits on, too.
      if (!wire.isRead) return setPace(), client.sendPing();
      meter.lost();
      wire.destroy(new BrokerTrouble("silent", address, "to PINGREQ"));
    }, Math.min(meter.answerMsMax, paceS() * ANSWER_MS_PER_S));
  });
  client.on("packetreceive", ({ cmd }: Packet) => {
    if (cmd !== "pingresp") return;
    clearTimeout(late);
    meter.answered(performance.now() - askedAt);
    setPace();
  });
  wire.on("error", ({ code = "" }: Error & { code?: string }) => {
    if (LOSSES.includes(code)) meter.lost();
  });
  wire.once("close", () => clearTimeout(late));
}
