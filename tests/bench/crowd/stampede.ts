/** Devices that all come at once for the same image, of an engine that may not send it to all at once. */

/** One device: who it is, and where its image is, in as many parts as it fetches it. */
export interface Comer {
  readonly token: string;
  readonly urls: readonly string[];
}

/** What happened in one second. */
export interface Second {
  asked: number;
  served: number;
  /** Were told to come later. */
  sentAway: number;
}

/** What became of it. */
export interface Stampede {
  readonly seconds: readonly Second[];
  /** How often each asked before it was served, itself included. */
  readonly asked: readonly number[];
  /** Bytes that each got. */
  readonly bytes: readonly number[];
}

/** When those who are sent away come again: as they are told, or every so many seconds. */
export type Patience = "as told" | number;

/** Lets them all come. @throws {Error} when one is refused otherwise, or sent away in the middle. */
export async function stampede(comers: readonly Comer[], patience: Patience): Promise<Stampede> {
  const started = performance.now();
  const seconds: Second[] = [];
  const note = (what: keyof Second) => {
    const now = Math.floor((performance.now() - started) / 1_000);
    while (seconds.length <= now) seconds.push({ asked: 0, served: 0, sentAway: 0 });
    seconds[now]![what]++;
  };
  const devices = await Promise.all(comers.map((comer) => come(comer, patience, note)));
  return {
    seconds,
    asked: devices.map(({ asked }) => asked),
    bytes: devices.map(({ bytes }) => bytes),
  };
}

async function come(
  { token, urls }: Comer,
  patience: Patience,
  note: (what: keyof Second) => void,
): Promise<{ asked: number; bytes: number }> {
  const headers = { authorization: `Bearer ${token}` };
  const [first, ...others] = urls;
  let asked = 0;
  for (;;) {
    asked++;
    note("asked");
    const response = await fetch(first!, { headers });
    if (response.status !== 503) {
      let bytes = await bytesOf(response);
      for (const url of others) bytes += await bytesOf(await fetch(url, { headers }));
      note("served");
      return { asked, bytes };
    }
    note("sentAway");
    await response.body?.cancel();
    const waitS = patience === "as told" ? Number(response.headers.get("retry-after")) : patience;
    await new Promise((resolve) => setTimeout(resolve, waitS * 1_000));
  }
}

async function bytesOf(response: Response): Promise<number> {
  if (response.status !== 200) throw new Error(`${response.url} answered ${response.status}`);
  return (await response.bytes()).length;
}

/** A line for each second. */
export function secondsText(seconds: readonly Second[]): string {
  const row = (cells: readonly (string | number)[]) =>
    cells.map((cell) => String(cell).padStart(9)).join("");
  const lines = seconds.map(({ asked, served, sentAway }, n) => row([n, asked, served, sentAway]));
  return [row(["second", "asked", "served", "503"]), ...lines].join("\n");
}
