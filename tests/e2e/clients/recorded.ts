/** What unmodified clients send and need, as `fixtures/clients/` has it: data, filled in for a device. */
import { z } from "zod";

const exchange = z.strictObject({
  /** The lines of the request, as the client writes them. */
  sends: z.array(z.string()).min(1),
  needs: z.strictObject({
    status: z.int(),
    fields: z.record(z.string(), z.string()).default({}),
    /** These bytes of the image, from the first to before the second. */
    bytes: z.tuple([z.int(), z.int()]).optional(),
    text: z.string().optional(),
    json: z.unknown().optional(),
    /** Problem details with that status. */
    isProblem: z.boolean().default(false),
  }),
});

const talk = z.strictObject({
  title: z.string(),
  /** Requirements of `tests/e2e/clients/requirements_test.ts`. */
  shows: z.array(z.string().regex(/^R([1-9]|1[0-6])$/)).min(1),
  /** The size of the image that the device is to have; without one nothing was ordered. */
  image: z.int().optional(),
  exchanges: z.array(exchange).min(1),
});

const client = z.strictObject({ client: z.string(), source: z.string(), talks: z.array(talk) });

/** A client: its name, where its behaviour is written, and what was seen of it. */
export type RecordedClient = z.output<typeof client>;
/** One of its talks with a server. */
export type RecordedTalk = RecordedClient["talks"][number];
/** One request, and what the client needs of the answer. */
export type RecordedExchange = RecordedTalk["exchanges"][number];

/** What stands for itself in a recorded request or answer. */
export type Filling = Readonly<Record<string, string>>;

const folder = new URL("../../../fixtures/clients/", import.meta.url);

/** All of them, by their files. */
export const recordedClients: readonly RecordedClient[] = [...Deno.readDirSync(folder)]
  .map(({ name }) => name)
  .sort()
  .map((name) => client.parse(JSON.parse(Deno.readTextFileSync(new URL(name, folder)))));

/** The value with everything in braces filled in. */
export function filled<T>(value: T, filling: Filling): T {
  const text = JSON.stringify(value).replace(/\{(\w+)\}/g, (whole, name) => filling[name] ?? whole);
  return JSON.parse(text);
}
