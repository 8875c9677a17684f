/**
 * A script: very many devices that fetch an image, each over a connection of its own, and each takes a
 * little every second. Says `reading` when all of them have their first bytes; then, for each line that
 * it is told, what they took since.
 */
import { SlowSocket } from "../crowd/slow_socket.ts";
import { loginOf } from "../made_log.ts";
import { onLine, taskOf } from "./stdin.ts";

/** What it is told. */
export interface ReadersTask {
  readonly port: number;
  /** What they ask for. */
  readonly path: string;
  /** How many, from the first device on. */
  readonly count: number;
  /** What each takes at most in a turn; it has two in a second. */
  readonly bytesPerTurn: number;
}

/** What they took since the last time. */
export interface ReadersCount {
  readonly open: number;
  readonly bytes: number;
  /** How many of those that are open took nothing. */
  readonly starved: number;
}

/** So many groups take turns; each has two in a second. */
const TURNS = 25;
const TURN_MS = 20;
/** Whose first bytes are not here yet: more than wait to be accepted, the kernel would turn away. */
const COMING_MAX = 400;

interface Reader {
  readonly socket: SlowSocket;
  isOpen: boolean;
  /** Bytes in all, and since the last time. */
  all: number;
  lately: number;
}

const { port, path, count, bytesPerTurn } = taskOf<ReadersTask>();
const room = new Uint8Array(bytesPerTurn);
const readers: Reader[] = [];
let turn = 0;
let isReading = false;

function connect(): void {
  const most = Math.min(count, readers.length + COMING_MAX - coming());
  while (readers.length < most) {
    const { token } = loginOf(readers.length);
    const lines = [`GET ${path} HTTP/1.1`, "Host: x", `Authorization: Bearer ${token}`, "", ""];
    const socket = new SlowSocket(port, new TextEncoder().encode(lines.join("\r\n")));
    readers.push({ socket, isOpen: true, all: 0, lately: 0 });
  }
}

function coming(): number {
  return readers.filter(({ all, isOpen }) => isOpen && all === 0).length;
}

function read(reader: Reader): void {
  if (!reader.isOpen) return;
  const taken = reader.socket.read(room);
  if (taken === undefined) {
    reader.isOpen = false;
    return reader.socket.close();
  }
  reader.all += taken;
  reader.lately += taken;
}

setInterval(() => {
  connect();
  for (let n = turn; n < readers.length; n += TURNS) read(readers[n]!);
  turn = (turn + 1) % TURNS;
  if (isReading || readers.length < count || coming() > 0) return;
  isReading = true;
  console.log("reading");
}, TURN_MS);

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
