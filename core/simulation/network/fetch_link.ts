/** The way of a client that only fetches: a check is all that it can say, and its answer all that it hears. */
import type { HttpServer, Response } from "../front/http.ts";
import type { Link, LinkEvents, Login, Outgoing } from "./link.ts";
import { exchange } from "./network.ts";
import type { Path } from "./network.ts";
import type { World } from "../world.ts";

/** Such a client's way over HTTP. */
export class FetchLink implements Link {
  readonly #world: World;
  readonly #login: () => Login;
  readonly #path: Path;
  readonly #events: LinkEvents;
  readonly #server: () => HttpServer | undefined;
  /** Counts the times that it was switched on: what comes for an earlier one is not for it. */
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
      if (round === this.#round) this.#events.up();
    });
  }

  close(): void {
    this.#round++;
  }

  report(report: Outgoing, done: (isTaken: boolean) => void): void {
    if (report.kind !== "request") return done(true);
    const round = this.#round;
    exchange<Response>(
      this.#world,
      this.#path,
      (respond) => this.#server()?.check(this.#login(), report, respond),
      (response) => {
        if (round !== this.#round) return;
        done(response?.status === 200);
        if (response?.status !== 200) return;
        for (const { message: { kind, payload } } of response.messages) {
          this.#events.message(kind, payload as unknown as Readonly<Record<string, unknown>>);
        }
      },
    );
  }
}
