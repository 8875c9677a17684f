/** A small HTTP server that answers as a test wants it to, for what a real engine never says. */
export async function answering(
  answer: (request: Request) => Response | Promise<Response>,
  story: (url: string) => Promise<void> | void,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await story(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}
