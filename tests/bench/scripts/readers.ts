/**
 * A script: very many devices that fetch an image, each over a connection of its own, and each takes a
 * little twice a second. Says `reading` when all of them have their first bytes; then, for each line
 * that it is told, what they took since.
 */
import { SlowSocket } from "../crowd/slow_socket.ts";
import { loginOf } from "../made_log.ts";
import { onLine, taskOf } from "./stdin.ts";

/** What it is told. */
export interface ReadersTask {
  readonly port: number;
  /** What they ask for. */
  readonly path: string;
  /** The numbers of the devices. */
  readonly from: number;
  readonly count: number;
  /** What each takes at most in a turn; it has two in a second. */
  readonly bytesPerTurn: number;
}

/** What they took since the last time. */
export interface ReadersCount {
  /** Those that are being given bytes. */
  readonly open: number;
  readonly bytes: number;
  /** Those of them that took nothing. */
  readonly starved: number;
}

/** So many groups take turns, one after the other. */
const GROUPS = 25;
const GROUP_MS = 20;
/** Whose first bytes are not here yet: a fleet that comes at once is another story. */
const COMING_MAX = 400;

interface Reader {
  readonly socket: SlowSocket;
  isOpen: boolean;
  /** It has no bytes yet. */
  isComing: boolean;
  /** Bytes since the last time. */
  lately: number;
}

const { port, path, from, count, bytesPerTurn } = taskOf<ReadersTask>();
const room = new Uint8Array(bytesPerTurn);
const readers: Reader[] = [];
let [coming, turn, isReading] = [0, 0, false];

function connect(): void {
  for (; readers.length < count && coming < COMING_MAX; coming++) {
    const { token } = loginOf(from + readers.length);
    const lines = [`GET ${path} HTTP/1.1`, "Host: x", `Authorization: Bearer ${token}`, "", ""];
    const socket = new SlowSocket(port, new TextEncoder().encode(lines.join("\r\n")));
    readers.push({ socket, isOpen: true, isComing: true, lately: 0 });
  }
}

function read(reader: Reader): void {
  if (!reader.isOpen) return;
  const taken = reader.socket.read(room);
  if (taken === 0) return;
  if (reader.isComing) coming--;
  reader.isComing = false;
  if (taken !== undefined) return void (reader.lately += taken);
  reader.isOpen = false;
  reader.socket.close();
}

const started = performance.now();
setInterval(() => {
  connect();
  // By the clock: on a busy machine they are no slower.
  const now = Math.floor((performance.now() - started) / GROUP_MS);
  for (turn = Math.max(turn, now - GROUPS); turn < now; turn++) {
    for (let n = turn % GROUPS; n < readers.length; n += GROUPS) read(readers[n]!);
  }
  if (isReading || readers.length < count || coming > 0) return;
  isReading = true;
  console.log("reading");
}, GROUP_MS);

await onLine(() => {
  const open = readers.filter(({ isOpen }) => isOpen);
  const counted: ReadersCount = {
    open: open.length,
    bytes: readers.reduce((sum, { lately }) => sum + lately, 0),
    starved: open.filter(({ lately }) => lately === 0).length,
  };
  for (const reader of readers) reader.lately = 0;
  console.log(`count ${JSON.stringify(counted)}`);
});
// Whoever told it is gone.
Deno.exit();
