/** A device's end of HTTP: it reports, polls and confirms. */
import type { HttpServer, Respond, Response } from "../front/http.ts";
import type { Link, LinkEvents, Login, Outgoing } from "./link.ts";
import { exchange } from "./network.ts";
import type { Path } from "./network.ts";
import type { World } from "../world.ts";

/** Longest pause between two polls. */
const PAUSE_MS = 3_600_000;

/** A device's way over HTTP. */
export class HttpLink implements Link {
  readonly #world: World;
  readonly #login: () => Login;
  readonly #path: Path;
  readonly #events: LinkEvents;
  readonly #server: () => HttpServer | undefined;
  /** Counts the times that the device was switched on: what comes for an earlier one is not for it. */
  #round = 0;

  constructor(
    world: World,
    login: () => Login,
    path: Path,
    events: LinkEvents,
    server: () => HttpServer | undefined,
  ) {
    this.#world = world;
    this.#login = login;
    this.#path = path;
    this.#events = events;
    this.#server = server;
  }

  open(): void {
    const round = ++this.#round;
    this.#path.begin();
    this.#path.meet("http");
    this.#world.after(100, () => {
      if (round !== this.#round) return;
      this.#events.up();
      this.#poll(round);
    });
  }

  close(): void {
    this.#round++;
  }

  report(report: Outgoing, done: (isTaken: boolean) => void): void {
    this.#ask(
      (server, respond) => server.report(this.#login(), report, respond),
      (response) => {
        done(response?.status === 200);
        this.#take(response);
      },
    );
  }

  #ask(
    what: (server: HttpServer, respond: Respond) => void,
    done: (response: Response | undefined) => void,
  ): void {
    const round = this.#round;
    exchange<Response>(
      this.#world,
      this.#path,
      (respond) => {
        const server = this.#server();
        if (server) what(server, respond);
      },
      (response) => {
        if (round === this.#round) done(response);
      },
    );
  }

  #poll(round: number): void {
    this.#ask(
      (server, respond) => server.poll(this.#login(), respond),
      (response) => {
        this.#take(response);
        const ms = this.#path.random.spread(20_000, PAUSE_MS);
        this.#world.after(ms, () => {
          if (round === this.#round) this.#poll(round);
        });
      },
    );
  }

  #take(response: Response | undefined): void {
    if (response?.status !== 200) return;
    for (const { message: { kind, payload }, owed } of response.messages) {
      this.#events.message(kind, payload as unknown as Readonly<Record<string, unknown>>);
      if (!owed) continue;
      this.#ask((server, respond) => server.confirm(this.#login(), owed, respond), () => {});
    }
  }
}
