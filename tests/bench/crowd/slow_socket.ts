/**
 * Connections as a small device has them: a receive window of some kilobytes and segments that fit
 * Ethernet. Only the platform's own calls can ask for that, and without it the buffers of this machine
 * would swallow megabytes that no device has room for: nobody would look slow to the engine. Linux.
 */

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
}).symbols;

const [AF_INET, SOCK_STREAM, SOCK_NONBLOCK] = [2, 1, 0x800];
const [SOL_SOCKET, SO_RCVBUF, IPPROTO_TCP, TCP_MAXSEG] = [1, 8, 6, 2];
const [EAGAIN, ENOTCONN, EINPROGRESS] = [11, 107, 115];
const MSG_NOSIGNAL = 0x4000;

/** What lwIP, the stack of most small devices, has unless it is told otherwise (`opt.h`). */
const SEGMENT_BYTES = 536;
const WINDOW_BYTES = 4 * SEGMENT_BYTES;

/** One connection; nothing waits. */
export class SlowSocket {
  readonly #fd: number;
  #unsent: Uint8Array<ArrayBuffer>;

  /** Begins to connect to a port of 127.0.0.1, and will send `first`. */
  constructor(port: number, first: Uint8Array<ArrayBuffer>) {
    this.#fd = libc.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (this.#fd < 0) throw failed("open a socket");
    this.#unsent = first;
    this.#set(SOL_SOCKET, SO_RCVBUF, WINDOW_BYTES);
    this.#set(IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
    const address = new Uint8Array([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1, ...Array(8)]);
    if (libc.connect(this.#fd, address, 16) < 0 && errno() !== EINPROGRESS) throw failed("connect");
  }

  /** Takes what is there, into `room`: how many bytes; 0: nothing yet; `undefined`: it was closed. */
  read(room: Uint8Array<ArrayBuffer>): number | undefined {
    if (this.#unsent.length > 0 && !this.#send()) return 0;
    const taken = Number(libc.recv(this.#fd, room, BigInt(room.length), 0));
    if (taken > 0) return taken;
    return taken < 0 && errno() === EAGAIN ? 0 : undefined;
  }

  close(): void {
    libc.close(this.#fd);
  }

  /** Whether everything is sent; an error shows when it is read. */
  #send(): boolean {
    const { length } = this.#unsent;
    const sent = Number(libc.send(this.#fd, this.#unsent, BigInt(length), MSG_NOSIGNAL));
    if (sent < 0) return ![EAGAIN, ENOTCONN].includes(errno());
    this.#unsent = this.#unsent.subarray(sent);
    return sent === length;
  }

  #set(level: number, option: number, value: number): void {
    const set = libc.setsockopt(
      this.#fd,
      level,
      option,
      new Uint8Array(Int32Array.of(value).buffer),
      4,
    );
    if (set < 0) throw failed("set up a socket");
  }
}

function errno(): number {
  return new Deno.UnsafePointerView(libc.__errno_location()!).getInt32();
}

function failed(what: string): Error {
  return new Error(`Cannot ${what}: error ${errno()} of the system. Is ulimit -n too low?`);
}
