/** The broker in the engine's own process, as devices meet it: the adapter's behaviour, not its bytes. */
import { Repeats } from "../../engine/mod.ts";
import type { Answer, ChunkEnd, OutboundChunk, OutboundMessage } from "../../engine/mod.ts";
import { isReportKind, messageQos } from "../../protocol/mod.ts";
import type { OwedName } from "../../protocol/mod.ts";
import type { BytesWay, Running } from "../running.ts";
import { CHUNK_QOS, inputOf, isSaid } from "../network/mqtt.ts";
import type { Down, MqttChannel, MqttServer, Publish, Up } from "../network/mqtt.ts";
import { Channel } from "../network/network.ts";
import type { End, Path } from "../network/network.ts";
import { packetKeyOf } from "../network/link.ts";
import type { Login } from "../network/link.ts";
import type { World } from "../world.ts";

interface Session {
  readonly id: string;
  readonly device: string;
  readonly channel: MqttChannel;
  /** Owed messages on their way, by packet. */
  readonly owed: Map<number, OwedName>;
  /** Bytes on their way, by packet. */
  readonly chunks: Map<number, OutboundChunk>;
  packets: number;
  isConnected: boolean;
  isSubscribed: boolean;
  /** How bytes come to it at most; nothing: it has not subscribed to any. */
  chunksQos: 0 | 1 | undefined;
}

/** The broker of one life of the engine. */
export class EmbeddedBroker implements BytesWay, MqttServer {
  readonly #world: World;
  readonly #sessions = new Map<string, Session>();
  readonly #repeats = new Repeats<Answer>();
  #running: Running | undefined;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  open(running: Running): void {
    this.#running = running;
    this.#world.watch.reachable?.(true, running.life);
  }

  close(): void {
    this.#running = undefined;
    for (const { channel } of this.#sessions.values()) channel.lose();
    this.#sessions.clear();
  }

  send(message: OutboundMessage): void {
    const session = this.#sessions.get(message.device);
    if (!session?.isSubscribed) return;
    const qos = messageQos[message.message.kind];
    const packet = ++session.packets;
    if (message.owed) session.owed.set(packet, message.owed);
    session.channel.down({ type: "publish", letter: message, qos, packet, isRepeat: false });
  }

  /** What is not to be confirmed is on its way as soon as there is room on the connection. */
  sendChunk(letter: OutboundChunk): void {
    const session = this.#sessions.get(letter.device);
    if (session?.chunksQos === undefined) return letter.done("unheard");
    const { channel, chunksQos } = session;
    const qos = Math.min(CHUNK_QOS, chunksQos);
    const packet = ++session.packets;
    session.chunks.set(packet, letter);
    channel.down({ type: "publish", letter, qos, packet, isRepeat: false });
    if (qos === 0) this.#running?.enter(() => this.#endChunk(session, packet, "passed"));
  }

  disconnect(device: string): void {
    const session = this.#sessions.get(device);
    if (session) this.#drop(session);
  }

  accept(device: string, path: Path, client: End<Down>): MqttChannel | undefined {
    const running = this.#running;
    if (!running) return undefined;
    const server = {
      receive: (packet: Up) => running.enter(() => this.#receive(running, session, packet)),
      closed: () => running.enter(() => this.#drop(session)),
    };
    const channel = new Channel<Up, Down>(this.#world, path, client, server);
    const id = `connection ${++this.#count}`;
    const session: Session = {
      id,
      device,
      channel,
      owed: new Map(),
      packets: 0,
      isConnected: false,
      isSubscribed: false,
      chunks: new Map(),
      chunksQos: undefined,
    };
    return channel;
  }

  #receive(running: Running, session: Session, packet: Up): void {
    if (packet.type === "connect") return this.#connect(running, session, packet.login);
    if (!session.isConnected) return;
    const { device, id, channel } = session;
    switch (packet.type) {
      case "subscribe":
        session.isSubscribed = true;
        session.chunksQos = packet.chunks;
        channel.down({ type: "suback" });
        return void running.engine.listening(device, id, true);
      case "publish":
        return this.#publish(running, session, packet);
      case "puback":
        for (const id of packet.packets) this.#confirm(running, session, id);
        return;
    }
  }

  #endChunk({ chunks }: Session, packet: number, end: ChunkEnd): void {
    const chunk = chunks.get(packet);
    if (chunk && chunks.delete(packet)) chunk.done(end);
  }

  #confirm(running: Running, session: Session, packet: number): void {
    this.#endChunk(session, packet, "arrived");
    const { device, owed } = session;
    const name = owed.get(packet);
    if (!name || !owed.delete(packet)) return;
    const { task, kind: message, attempt } = name;
    running.submit({ kind: "delivered", device, task, message, attempt }, (answer) => {
      if (!answer.ok && answer.problem.status === 503) this.#drop(session);
    });
  }

  #connect(running: Running, session: Session, login?: Login): void {
    const { device, id, channel } = session;
    const isKnown = login && this.#world.disk.mayLogIn(login, running.engine.now());
    if (!isKnown) return channel.drop();
    const before = this.#sessions.get(device);
    if (before) this.#drop(before);
    session.isConnected = true;
    this.#sessions.set(device, session);
    running.engine.connected(device, id);
    channel.down({ type: "connack", isPresent: false });
  }

  #publish(
    running: Running,
    session: Session,
    { letter, isRepeat: wasSent, qos, packet: id }: Publish,
  ): void {
    const { device, channel } = session;
    if (!isSaid(letter) || letter.kind === "gone") return;
    const { kind, payload } = letter;
    const key = () => packetKeyOf(device, id, letter);
    // Whoever asks for bytes once more has not got them: no ask is a repeat.
    const messageId = isReportKind(kind) ? id : undefined;
    const published = { dup: wasSent, qos, messageId, key };
    const { isRepeat, answer } = this.#repeats.once(device, published, (packet) => {
      const input = inputOf(device, kind, payload, packet);
      return new Promise<Answer>((resolve) => running.submit(input, resolve));
    });
    void answer.then((answer) => {
      if (!running.life.isAlive) return;
      if (!answer.ok) {
        this.#repeats.forget(device, messageId);
        return this.#drop(session);
      }
      // The engine has sent these once; whoever repeats a report may have missed the answer, too.
      for (const message of isRepeat ? answer.messages : []) this.send(message);
      if (qos > 0) channel.down({ type: "puback", packets: [id] });
    });
  }

  #drop(session: Session): void {
    session.channel.drop();
    if (!session.isConnected) return;
    session.isConnected = session.isSubscribed = false;
    session.chunksQos = undefined;
    const { device, id } = session;
    if (this.#sessions.get(device) === session) this.#sessions.delete(device);
    for (const packet of [...session.chunks.keys()]) this.#endChunk(session, packet, "lost");
    this.#running?.engine.disconnected(device, id);
  }
}
