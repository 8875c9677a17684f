/** Operators: they register devices, upload firmware and order upgrades, and do not always agree. */
import type { Answer, Command } from "../engine/mod.ts";
import type { RequestUpgrade } from "../protocol/mod.ts";
import { numberOf, versionOf, VERSIONS } from "./catalogue.ts";
import type { Build } from "./catalogue.ts";
import type { House } from "./house.ts";
import { ANY_HASH, Keyring } from "./keyring.ts";
import type { Owned } from "./keyring.ts";
import { exchange, Path } from "./network/network.ts";
import { drawOrder } from "./order.ts";
import type { Ordered } from "./order.ts";
import type { Random } from "./chance/random.ts";
import type { World } from "./world.ts";

/** A command that was not answered is given again after so long. */
const AGAIN_MS = 20_000;
/** What happens to an order happens within so long. */
const LATER_MS = 7_200_000;

/** The operators of a simulation. */
export class Operators {
  readonly #world: World;
  readonly #house: House;
  readonly #path: Path;
  /** Commands that were given and not answered. */
  #open = 0;
  readonly #uploaded = new Set<Build>();
  readonly #keyring: Keyring;
  /** Tasks that operators know of. */
  readonly tasks: string[] = [];

  constructor(world: World, house: House) {
    this.#world = world;
    this.#house = house;
    this.#path = new Path(world, "operator");
    this.#keyring = new Keyring(world);
  }

  /** Nothing goes wrong any more: whoever was locked out is let in. */
  heal(): void {
    this.#keyring.visitAll();
  }

  /** Whether every command was answered. */
  get isDone(): boolean {
    return this.#open === 0;
  }

  /** Makes the device known. */
  register({ id, product, flash: { token } }: Owned): void {
    this.#give({
      type: "registerDevice",
      device: id,
      ...(product === null ? {} : { product }),
      tags: [`site of ${id}`],
      tokenSha256: token,
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
    // Its header says so, too: it is the version that must not name other bytes.
    const { image: otherImage } = catalogue.build(product, next);
    if (other) this.#later(other, { ...upload, image: otherImage, ignoresHeader: true });
  }

  /** Orders an upgrade of one of the devices: when, which and how are drawn. */
  order(nth: number, devices: readonly Owned[], withinMs: number): void {
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
      const erase = fate.happens("erase", nth);
      if (erase) this.#later(erase, { type: "eraseData", device: device.id });
      const token = fate.happens("newToken", nth);
      if (token) {
        this.#later(token, this.#keyring.issue(token, device), () => {
          this.#keyring.visitSoon(token, device);
        });
      }
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

  #later(how: Random, command: Command, then: () => void = () => {}): void {
    this.#world.after(how.spread(1, LATER_MS), () => this.#give(command, then));
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
