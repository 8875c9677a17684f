import { createServer } from "node:net";
import { tmpdir } from "node:os";

/**
 * Below the ports that a system gives out by itself (Linux from 32768, others from 49152): between two
 * starts of a server nobody's connection or listener on port 0 takes its port.
 */
const PORTS = { first: 20_000, count: 10_000 };
/** Where the tests of one user, side by side in whatever processes, write down who comes next. */
const NEXT = `${tmpdir()}/otalog-test-port-${Deno.uid() ?? 0}`;

/** A port that nobody listens on; no other test gets it before all the others were given out. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + await nextPlace();
    if (await isFree(port)) return port;
  }
}

async function nextPlace(): Promise<number> {
  using file = await Deno.open(NEXT, { read: true, write: true, create: true });
  await file.lock(true);
  const cell = new Uint32Array(1);
  const bytes = new Uint8Array(cell.buffer);
  await file.read(bytes);
  const place = cell[0]! % PORTS.count;
  cell[0] = place + 1;
  await file.seek(0, Deno.SeekMode.Start);
  await file.write(bytes);
  return place;
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer().once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => resolve(true));
  if (!await promise) return false;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return true;
}

/** Whether somebody listens there. */
export async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
