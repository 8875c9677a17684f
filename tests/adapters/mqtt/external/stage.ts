/** A link between a recorder and a broker of bytes. */
import assert from "node:assert/strict";
import { BrokerLink } from "../../../../adapters/mqtt/mod.ts";
import type { LinkOptions, MqttVersion } from "../../../../adapters/mqtt/mod.ts";
import { soon } from "../../../e2e/house.ts";
import { packet, PREFIX, text } from "../embedded/stage.ts";
import { Recorder } from "../embedded/recorder.ts";
import { RawBroker } from "./raw_broker.ts";
import type { Manners, RawLine } from "./raw_broker.ts";

export interface Stage {
  readonly broker: RawBroker;
  readonly engine: Recorder;
  readonly link: BrokerLink;
  /** What the operator was told. */
  readonly notes: string[];
  /** Resolves each time the operator is told something more. */
  told(count: number): Promise<void>;
  /** The connection that messages to devices leave by, and the one that theirs come by. */
  lines(life?: number): Promise<[voice: RawLine, ear: RawLine]>;
}

/** Runs the story; the link is open, but perhaps not up yet. */
export async function onLink(
  story: (stage: Stage) => Promise<void>,
  manners: Manners = {},
  options: Partial<LinkOptions> = {},
): Promise<void> {
  await using broker = await RawBroker.open(manners);
  const engine = new Recorder();
  const notes: string[] = [];
  let wake = Promise.withResolvers<void>();
  const note = (sentence: string) => {
    notes.push(sentence);
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const link = new BrokerLink({
    broker: { host: "127.0.0.1", port: broker.port, isTls: false },
    versions: [5],
    knownPackets: () => Promise.resolve([]),
    session: { name: "first", renew: () => Promise.resolve() },
    prefix: PREFIX,
    clientId: "otalog01234567",
    onTrouble: note,
    onUp: (isAgain) => note(`up ${isAgain}`),
    ...options,
  });
  await link.open(engine);
  try {
    await story({
      broker,
      engine,
      link,
      notes,
      told: async (count) => {
        while (notes.length < count) await soon(wake.promise, `${count} notes`);
      },
      lines: async (life = 0) => [await broker.line(2 * life), await broker.line(2 * life + 1)],
    });
  } finally {
    await soon(link.close(), "the end of the link", 8_000);
  }
  assert.equal(link.isUp, false);
}

/** A PUBLISH of the broker; `flags` are DUP (8), QoS (2, 4) and RETAIN (1). */
export function message(
  topic: string,
  payload: string | Uint8Array,
  id: number,
  { flags = 2, version = 5 as MqttVersion } = {},
): Uint8Array {
  const ids = flags & 0b0110 ? [id >> 8, id & 255] : [];
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const properties = version === 5 ? [0] : [];
  return packet(0x30 | flags, [...text(topic), ...ids, ...properties, ...bytes]);
}

/** A progress report of a device. */
export function progress(device: string, percent: number, id: number, flags = 2): Uint8Array {
  return message(`${PREFIX}/${device}/progress`, String(percent), id, { flags });
}

/** `percent` of each progress report that the engine had. */
export function percents(engine: Recorder): (number | undefined)[] {
  return engine.inputs.map((input) =>
    input.kind === "report" && "body" in input.parsed && input.parsed.kind === "progress"
      ? input.parsed.body.percent
      : undefined
  );
}
