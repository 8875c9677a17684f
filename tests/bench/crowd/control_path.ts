/** How long the engine's other callers wait meanwhile: devices that report, and a supervisor that looks. */
import type { Login } from "../light_device.ts";

/** Milliseconds of each request. */
export interface Waits {
  readonly progress: number[];
  readonly healthz: number[];
}

/** Callers at once, and their pauses. */
const CALLERS = 8;
const PAUSE_MS = 50;

/** Calls for so long; the devices report in turn. */
export async function callFor(
  ms: number,
  httpUrl: string,
  devices: readonly Login[],
): Promise<Waits> {
  const waits: Waits = { progress: [], healthz: [] };
  const until = performance.now() + ms;
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: CALLERS });
  const call = async (waited: number[], path: string, init: RequestInit = {}) => {
    const started = performance.now();
    const response = await fetch(`${httpUrl}${path}`, { ...init, client });
    await response.body?.cancel();
    if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
    waited.push(performance.now() - started);
  };
  const report = (turn: number) => {
    const { id, token } = devices[turn % devices.length]!;
    // Each time so much further that it is a fact, and committed.
    const body = JSON.stringify({ percent: Math.floor(turn / devices.length) * 6 % 100 });
    const headers = { authorization: `Bearer ${token}` };
    return call(waits.progress, `/ota/${id}/progress`, { method: "POST", body, headers });
  };
  let turn = 0;
  try {
    await Promise.all(Array.from({ length: CALLERS }, async () => {
      while (performance.now() < until) {
        await report(turn++);
        await call(waits.healthz, "/healthz");
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }));
  } finally {
    client.close();
  }
  return waits;
}
