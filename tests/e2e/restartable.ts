/** An engine that can be stopped and started on its folder; its URLs stay the same. */
import assert from "node:assert/strict";
import { openHouse } from "../../commands/house/open_house.ts";
import type { House, HouseOptions } from "../../commands/house/house.ts";
import { inFolder } from "../support/folder.ts";
import { assertReplays, Operator } from "./house.ts";

/** The operator of an engine that may be a new one after a moment. */
export class Restartable extends Operator {
  readonly data: string;
  readonly faults: unknown[];
  readonly #more: Partial<HouseOptions>;
  #house: House;

  private constructor(
    data: string,
    house: House,
    faults: unknown[],
    more: Partial<HouseOptions>,
  ) {
    super(() => this.#house.httpUrl, () => this.#house.operator.token);
    this.data = data;
    this.faults = faults;
    this.#more = more;
    this.#house = house;
  }

  static async open(data: string, more: Partial<HouseOptions> = {}): Promise<Restartable> {
    const faults: unknown[] = [];
    return new Restartable(data, await open(data, faults, more), faults, more);
  }

  get house(): House {
    return this.#house;
  }

  async restart(): Promise<void> {
    await this.#house.close();
    await this.reopen();
  }

  /** Starts it again where it was, after it was closed. */
  async reopen(): Promise<void> {
    const [http, mqtt] = [this.#house.httpUrl, this.#house.mqttUrl].map((url) => new URL(url).port);
    this.#house = await open(this.data, this.faults, this.#more, Number(http), Number(mqtt));
  }
}

/** Port 0: any that is free. */
async function open(
  data: string,
  faults: unknown[],
  more: Partial<HouseOptions>,
  http = 0,
  mqtt = 0,
): Promise<House> {
  const host = "127.0.0.1";
  return await openHouse({
    data,
    http: { host, port: http },
    mqtt: { host, port: mqtt },
    publicUrl: undefined,
    openArtifacts: false,
    deviceRequests: "allow",
    onFault: (error) => faults.push(error),
    ...more,
  });
}

/** Runs the story in a house, which `more` changes; afterwards the log must replay clean. */
export async function withRestarts(
  story: (engine: Restartable) => Promise<void>,
  more: Partial<HouseOptions> = {},
): Promise<void> {
  await inFolder(async (folder) => {
    const engine = await Restartable.open(`${folder}/data`, more);
    try {
      await story(engine);
      assert.deepEqual(engine.faults, []);
    } finally {
      await engine.house.close();
    }
    await assertReplays(engine.data);
  });
}
