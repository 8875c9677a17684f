/** The routes for devices over HTTP, as devices meet them: reports, long polls, bytes of images. */
import type { OutboundMessage } from "../../engine/mod.ts";
import { parseReport, withId } from "../../protocol/mod.ts";
import type { OwedName } from "../../protocol/mod.ts";
import { Download } from "./download.ts";
import type { Running, Way } from "../running.ts";
import type { Login, Outgoing } from "../network/link.ts";
import type { Images } from "./images.ts";
import { Polls } from "./polls.ts";
import type { Poll } from "./polls.ts";
import type { World } from "../world.ts";

/** What a device is answered. */
export type Response =
  | { readonly status: 200; readonly messages: readonly OutboundMessage[] }
  | { readonly status: 204 | 401 | 403 | 503 };

/** The HTTP server of one life of the engine. */
export class HttpServer implements Way {
  readonly #world: World;
  readonly #images: Images;
  #running: Running | undefined;
  readonly #polls = new Polls();
  /** The downloads under way: a revocation ends them. */
  readonly #downloads = new Set<{ readonly device: string; cut(): void }>();
  #count = 0;

  constructor(world: World, images: Images) {
    this.#world = world;
    this.#images = images;
  }

  open(running: Running): void {
    this.#running = running;
  }

  close(): void {
    this.#running = undefined;
    this.#polls.clear();
    for (const download of this.#downloads) download.cut();
    this.#downloads.clear();
  }

  send(message: OutboundMessage): void {
    this.#polls.of(message.device)?.take(message);
  }

  disconnect(device: string): void {
    this.#polls.of(device)?.cut();
    for (const download of this.#downloads) if (download.device === device) download.cut();
  }

  /** `POST /ota/{device}/{kind}` */
  report(login: Login, report: Outgoing, respond: Respond): void {
    this.#report(login, report, "http", respond);
  }

  /** `GET /ota/{device}/update`: what such a client says stands in its headers. */
  check(login: Login, report: Outgoing, respond: Respond): void {
    this.#report(login, report, "fetch", respond);
  }

  #report(
    login: Login,
    { kind, payload, packet }: Outgoing,
    via: "http" | "fetch",
    respond: Respond,
  ): void {
    const { device } = login;
    this.#enter(login, respond, (running) => {
      const report = parseReport(kind, new TextEncoder().encode(payload));
      const parsed = via === "fetch" ? report : withId(report, `${device}-${packet}`);
      running.engine.heard(device);
      running.submit(
        { kind: "report", device, report: kind, parsed, via },
        (answer) =>
          respond(
            answer.ok
              ? { status: 200, messages: answer.messages }
              : { status: answer.problem.status === 403 ? 403 : 503 },
          ),
      );
    });
  }

  /** `DELETE /ota/{device}/messages/{id}` */
  confirm(login: Login, { task, kind, attempt }: OwedName, respond: Respond): void {
    const { device } = login;
    this.#enter(login, respond, (running) => {
      running.engine.heard(device);
      const input = { kind: "delivered", device, task, message: kind, attempt } as const;
      running.submit(input, (answer) => respond({ status: answer.ok ? 204 : 503 }));
    });
  }

  /** `GET /ota/{device}/messages` */
  poll(login: Login, respond: Respond): void {
    const { device } = login;
    this.#enter(login, respond, ({ engine, life }) => {
      const connection = `poll ${++this.#count}`;
      const close = (response: Response) => {
        this.#polls.close(device, poll);
        engine.disconnected(device, connection);
        respond(response);
      };
      const poll: Poll = this.#polls.open(device, {
        after: life.after,
        // Whoever was cut has to log in again.
        done: (messages) => {
          const isOut = poll.isCut && !this.#world.disk.mayLogIn(login, engine.now());
          close(isOut ? { status: 401 } : { status: 200, messages });
        },
      });
      engine.connected(device, connection, "http");
      void engine.listening(device, connection, true).then((isTaken) => {
        if (!life.survives()) return;
        if (isTaken) poll.ready();
        else close({ status: 503 });
      });
    });
  }

  /** `GET /artifacts/{sha256}`: bytes are taken until either end has enough. */
  download(login: Login, sha256: string, from: number): Download | undefined {
    const { device } = login;
    const running = this.#running;
    if (!running) return undefined;
    const served = this.#images.look(sha256);
    const isRight = served === "right";
    const download = new Download(running, device, from, ++this.#count, isRight, () => {
      this.#downloads.delete(known);
    });
    const known = { device, cut: () => download.end("cut") };
    this.#enter(login, () => download.refuse(), () => {
      if (served === "missing") return download.refuse();
      if (download.isOpen) this.#downloads.add(known);
      running.engine.heard(device);
      const input = { kind: "artifact", device, sha256, range: download.range } as const;
      running.submit(input, (answer) => {
        const isDenied = !answer.ok && answer.problem.status === 403;
        // The file is read last.
        if (isDenied || served === "unreadable") download.refuse();
      });
    });
    return download;
  }

  #enter(login: Login, respond: Respond, work: (running: Running) => void): void {
    const running = this.#running;
    if (!running) return;
    running.enter(() => {
      const isKnown = this.#world.disk.mayLogIn(login, running.engine.now());
      if (!isKnown) respond({ status: 401 });
      else work(running);
    });
  }
}

/** Gives a device its answer. */
export type Respond = (response: Response) => void;
