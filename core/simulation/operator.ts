/** Operators: they register devices, upload firmware and order upgrades, and do not always agree. */
import type { Answer, Command } from "../engine/mod.ts";
import type { RequestUpgrade } from "../protocol/mod.ts";
import { numberOf, versionOf, VERSIONS } from "./catalogue.ts";
import type { Build } from "./catalogue.ts";
import type { House } from "./house.ts";
import { exchange, Path } from "./network/network.ts";
import { drawOrder } from "./order.ts";
import type { Ordered } from "./order.ts";
import type { Random } from "./chance/random.ts";
import type { World } from "./world.ts";

/** A command that was not answered is given again after so long. */
const AGAIN_MS = 20_000;
/** What happens to an order happens within so long. */
const LATER_MS = 7_200_000;

/** In the form that a salted digest has; nobody logs in with it. */
const ANY_HASH = `$6$0123456789abcdef$${"A".repeat(86)}==`;

/** The operators of a simulation. */
export class Operators {
  readonly #world: World;
  readonly #house: House;
  readonly #path: Path;
  /** Commands that were given and not answered. */
  #open = 0;
  readonly #uploaded = new Set<Build>();
  /** Tasks that operators know of. */
  readonly tasks: string[] = [];

  constructor(world: World, house: House) {
    this.#world = world;
    this.#house = house;
    this.#path = new Path(world, "operator");
  }

  /** Whether every command was answered. */
  get isDone(): boolean {
    return this.#open === 0;
  }

  /** Makes the device known. */
  register({ id, product }: Ordered): void {
    this.#give({
      type: "registerDevice",
      device: id,
      ...(product === null ? {} : { product }),
      tokenSha256: this.#world.sha256(new TextEncoder().encode(`token of ${id}`)),
      tokenSha512: ANY_HASH,
    });
  }

  /** Uploads a version, unless it was, before anything else is done with it. */
  upload(build: Build, then: () => void = () => {}): void {
    const { version, product, image } = build;
    if (this.#uploaded.has(build)) return then();
    this.#uploaded.add(build);
    const { fate, catalogue } = this.#world;
    const upload = { type: "addFirmware", version, product, name: `${version}.bin` } as const;
    this.#give({ ...upload, image }, then);
    const other = fate.happens("otherBytes", `${product} ${version}`);
    const next = versionOf(numberOf(version) % VERSIONS + 1);
    if (other) this.#later(other, { ...upload, image: catalogue.build(product, next).image });
  }

  /** Orders an upgrade of one of the devices: when, which and how are drawn. */
  order(nth: number, devices: readonly Ordered[], withinMs: number): void {
    const how = this.#world.fate.orders(nth);
    if (!how) return;
    const device = how.pick(devices);
    this.#world.after(how.below(withinMs), () => {
      this.#order(how, device);
      const { fate } = this.#world;
      const twice = fate.happens("doubleOrder", nth);
      if (twice) this.#world.after(twice.spread(1, 60_000), () => this.#order(how, device));
      if (fate.happens("racingOrder", nth)) this.#order(how, device);
      const revoke = fate.happens("revoke", nth);
      if (revoke) this.#later(revoke, { type: "revokeDevice", device: device.id });
      const token = fate.happens("newToken", nth);
      if (token) this.#later(token, this.#newToken(token, device));
    });
  }

  #order(how: Random, device: Ordered): void {
    const { build, request } = drawOrder(how, device, this.#world);
    this.upload(build, () => this.#request(request, device));
  }

  #request(request: RequestUpgrade, device: Ordered): void {
    const { fate } = this.#world;
    this.#give({ type: "requestUpgrade", request }, (answer) => {
      if (!answer.ok || answer.result?.type !== "task") return;
      const { task } = answer.result;
      this.tasks.push(task);
      const cancel = fate.happens("cancel", device.id);
      if (cancel) this.#later(cancel, { type: "cancelTask", task });
    });
  }

  #later(how: Random, command: Command): void {
    this.#world.after(how.spread(1, LATER_MS), () => this.#give(command));
  }

  #newToken(how: Random, { id }: Ordered): Command {
    const token = `token of ${id}, ${how.next()}`;
    return {
      type: "issueToken",
      device: id,
      tokenSha256: this.#world.sha256(new TextEncoder().encode(token)),
      tokenSha512: ANY_HASH,
      overlapMs: how.chance(500_000) ? 0 : how.spread(1_000, LATER_MS),
    };
  }

  /** Gives a command until it is answered. */
  #give(command: Command, then: (answer: Answer) => void = () => {}): void {
    this.#open++;
    const attempt = () => {
      exchange<Answer>(
        this.#world,
        this.#path,
        (respond) => {
          const { running } = this.#house;
          running?.enter(() =>
            running.submit({ kind: "command", actor: "operator:simulation", command }, respond)
          );
        },
        (answer) => {
          if (!answer || !answer.ok && answer.problem.status === 503) {
            return void this.#world.after(AGAIN_MS, attempt);
          }
          this.#open--;
          then(answer);
        },
      );
    };
    attempt();
  }
}
