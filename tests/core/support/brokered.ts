/** An engine whose devices are behind a broker of somebody else's. */
import { ANY_SHA512 } from "../../support/any_sha512.ts";
import { bench, settle } from "./bench_engine.ts";
import type { Bench } from "./bench_engine.ts";

export const brokered = (): Promise<Bench> => bench({ isBrokered: true });

/** Lets everything settle that a whole fleet does. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await settle();
}

export async function reach(b: Bench): Promise<void> {
  b.engine.reachable(true);
  await quiet();
}

/** Orders for so many more devices; their names sort as they are numbered. */
export async function fleet(b: Bench, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, n) => `dev-${String(n).padStart(4, "0")}`);
  await Promise.all(
    names.map((device) =>
      b.command({
        type: "registerDevice",
        device,
        tokenSha256: "aa".repeat(32),
        tokenSha512: ANY_SHA512,
      })
    ),
  );
  await Promise.all(names.map((device) => b.upgrade(device)));
  return names;
}

/** To whom something was sent since this was last asked. */
export function sentTo(b: Bench): string[] {
  return b.sent.splice(0).map(({ device }) => device);
}
