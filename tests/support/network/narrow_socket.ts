/**
 * Connections that the kernel holds little for. On loopback it would take in megabytes before a sender
 * notices that nothing passes: whoever sends through a bad network is to notice after some segments, as
 * over Ethernet. Only the platform's own calls can ask for that, before they connect: on Linux; elsewhere
 * it is a connection like others.
 */
import { connect, Socket } from "node:net";
import type { SocketConstructorOpts } from "node:net";

const libc = Deno.build.os === "linux"
  ? Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  }).symbols
  : undefined;

const [AF_INET, SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC] = [2, 1, 0x800, 0x80000];
const [SOL_SOCKET, SO_RCVBUF, IPPROTO_TCP, TCP_MAXSEG] = [1, 8, 6, 2];

const RECEIVE_BYTES = 8_192;
/** What Ethernet leaves to TCP, about. */
export const SEGMENT_BYTES = 1_400;

/** Begins to connect; that nobody listens there shows as an error of the socket. */
export function narrowSocket(host: string, port: number, options: SocketConstructorOpts): Socket {
  if (!libc || !/^\d+(\.\d+){3}$/.test(host)) return connect({ ...options, host, port });
  const fd = libc.socket(AF_INET!, SOCK_STREAM! | SOCK_NONBLOCK! | SOCK_CLOEXEC!, 0);
  if (fd < 0) throw new Error("Cannot open a socket. Is ulimit -n too low?");
  const set = (level: number, option: number, value: number) =>
    libc.setsockopt(fd, level, option, new Uint8Array(Int32Array.of(value).buffer), 4);
  set(SOL_SOCKET!, SO_RCVBUF!, RECEIVE_BYTES);
  set(IPPROTO_TCP!, TCP_MAXSEG!, SEGMENT_BYTES);
  const ip = host.split(".").map(Number);
  libc.connect(fd, new Uint8Array([AF_INET!, 0, port >> 8, port & 255, ...ip, ...Array(8)]), 16);
  return new Socket({ ...options, fd, readable: true, writable: true });
}
