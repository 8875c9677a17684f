/**
 * What devices can reach, and the devices: an engine that is here today and gone tomorrow, its HTTP
 * server, and its own MQTT broker or one of somebody else's.
 */
import { Broker } from "./broker/broker.ts";
import { Backbone, BrokerLink, NumberedSession } from "./broker/link.ts";
import type { Outside } from "./broker/link.ts";
import { PRODUCTS, versionOf } from "./catalogue.ts";
import { Device } from "./device/device.ts";
import { EmbeddedBroker } from "./front/embedded.ts";
import { ImageReads } from "./front/image_reads.ts";
import { Images } from "./front/images.ts";
import { HttpServer } from "./front/http.ts";
import { HttpLink } from "./network/http_link.ts";
import type { MqttServer } from "./network/mqtt.ts";
import { FetchLink } from "./network/fetch_link.ts";
import { MqttLink } from "./network/mqtt_link.ts";
import { firstToken } from "./keyring.ts";
import type { BytesWay, Way } from "./running.ts";
import type { Process } from "./machine/process.ts";
import type { Transport } from "./network/network.ts";
import type { World } from "./world.ts";

const HALF_PPM = 500_000;
/** So many in a million devices only fetch. */
const FETCHER_PPM = 200_000;
/** So many in a million devices leave a will. */
const WILL_PPM = 700_000;
/** So many in a million of those who ask for bytes over MQTT have not subscribed to any. */
const DEAF_PPM = 50_000;

/** How devices fetch images that speak MQTT: where they speak HTTP as well, never over MQTT alone. */
const BYTES: Readonly<Record<"mqtt" | "both", readonly (Transport | "either")[]>> = {
  mqtt: ["http", "mqtt", "mqtt", "either"],
  both: ["http", "either", "either"],
};

/** The surroundings of a fleet. */
export class Town {
  readonly #world: World;
  readonly #images: Images;
  /** Somebody else's broker, where the devices are behind one. */
  readonly #outside: Outside | undefined;
  /** What devices reach by MQTT now. */
  #broker: MqttServer | undefined;
  #server: HttpServer | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#images = new Images(world);
    this.#outside = world.isBrokered
      ? { broker: new Broker(world), path: new Backbone(world), session: new NumberedSession() }
      : undefined;
    this.#broker = this.#outside?.broker;
  }

  /** Nothing goes wrong any more. */
  heal(): void {
    this.#outside?.broker.heal();
  }

  /** The ways of one life of the engine to devices. */
  way(): BytesWay {
    const outside = this.#outside;
    const embedded = outside ? undefined : new EmbeddedBroker(this.#world);
    const server = new HttpServer(this.#world, this.#images);
    const link = outside && new BrokerLink(this.#world, outside);
    const mqtt: BytesWay = embedded ?? link!;
    const ways: readonly Way[] = [mqtt, server];
    return {
      open: (running) => {
        this.#server = server;
        if (embedded) this.#broker = embedded;
        for (const way of ways) way.open(running);
      },
      close: () => {
        for (const way of ways) way.close();
        if (this.#server !== server) return;
        this.#server = undefined;
        if (embedded) this.#broker = undefined;
      },
      send: (message) => {
        for (const way of ways) way.send(message);
      },
      sendChunk: (chunk) => mqtt.sendChunk(chunk),
      room: async () => await link?.room(),
      disconnect: (device) => {
        for (const way of ways) way.disconnect(device);
      },
    };
  }

  /** The files of images, as one life of the engine reads them. */
  images(life: Process): ImageReads {
    return new ImageReads(this.#world, this.#images, life);
  }

  /** The n-th device; what kind it is, the seed says. `tasks`: all that operators know of. */
  device(nth: number, tasks: readonly string[]): Device {
    const about = this.#world.fate.about(`kind of device ${nth}`);
    const id = `dev-${nth}`;
    const voice = about.pick(["mqtt", "http", "both"] as const);
    const habits = {
      isKept: about.chance(HALF_PPM),
      hasWill: about.chance(WILL_PPM),
      hasIds: about.chance(HALF_PPM),
      chunks: undefined as 0 | 1 | undefined,
    };
    const isFetcher = this.#world.fate.about(`voice of device ${nth}`).chance(FETCHER_PPM);
    const fetches = this.#world.fate.about(`bytes of device ${nth}`);
    const bytes = isFetcher || voice === "http" ? "http" : fetches.pick(BYTES[voice]);
    // Who forgets to subscribe is told so, and finds another way.
    const isDeaf = bytes === "http" || bytes === "either" && fetches.chance(DEAF_PPM);
    if (!isDeaf) habits.chunks = fetches.pick([0, 1, 1]);
    return new Device(this.#world, {
      id,
      isFetcher,
      product: about.pick(PRODUCTS),
      version: versionOf(about.between(1, 3)),
      token: firstToken(this.#world, id),
      bytes,
      server: () => this.#server,
      link: (login, path, events) => {
        if (isFetcher) return new FetchLink(this.#world, login, path, events, () => this.#server);
        const isHttp = voice === "http" || voice === "both" && path.random.chance(HALF_PPM);
        return isHttp
          ? new HttpLink(this.#world, login, path, events, () => this.#server)
          : new MqttLink(this.#world, login, habits, path, events, () => this.#broker);
      },
      foreignTask: () => tasks.find((task) => this.#world.disk.task(task)?.device !== id),
    });
  }
}
