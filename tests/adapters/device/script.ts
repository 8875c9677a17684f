/** An engine that says what a test wants a device to hear, over HTTP. */
import { soon } from "../../e2e/house.ts";
import { inFolder } from "../../support/folder.ts";

export type Message = readonly [kind: string, payload: Record<string, unknown>];

export interface Script {
  readonly url: string;
  readonly folder: string;
  /** Every request in order: `GET messages?wait=0`, `POST verify`, `DELETE messages/1`. */
  readonly asked: readonly string[];
  /** The bodies of the reports in order. */
  readonly reports: readonly Record<string, unknown>[];
  /** A message for the open poll, or the next one. */
  push(message: Message): void;
  /** Resolves when that was asked for so often. */
  until(request: string, times?: number): Promise<void>;
}

/** The image that the script has: zeros. */
function imageOf(range: string): Response {
  const [, from, last] = /^bytes=(\d+)-(\d+)$/.exec(range)!;
  return new Response(new Uint8Array(Number(last) + 1 - Number(from)), { status: 206 });
}

/** Answers to a report, by its kind; none: nothing is said. Another status than 200 ends it. */
export type Answers = (kind: string, body: Record<string, unknown>) => Message[] | number;

export async function inScript(
  answers: Answers,
  story: (script: Script) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const reports: Record<string, unknown>[] = [];
  const waiting: Message[] = [];
  const changed = new EventTarget();
  const change = () => changed.dispatchEvent(new Event("change"));
  const next = (signal: AbortSignal) =>
    new Promise<void>((resolve) =>
      [changed, signal].forEach((source) =>
        source.addEventListener(source === signal ? "abort" : "change", () => resolve(), {
          once: true,
        })
      )
    );
  const end = new AbortController();
  let id = 0;
  const json = (messages: Message[]) =>
    Response.json({
      messages: messages.map(([kind, payload]) => ({
        id: `${++id}`,
        topic: `/ota/pump-7/${kind}`,
        payload,
      })),
    });

  const answer = async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/image") return imageOf(request.headers.get("range")!);
    const path = pathname.replace("/ota/pump-7/", "");
    asked.push(`${request.method} ${path}${search}`);
    change();
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    if (request.method === "GET") {
      while (search !== "?wait=0" && waiting.length === 0 && !end.signal.aborted) {
        await next(AbortSignal.any([end.signal, request.signal]));
        if (request.signal.aborted) break;
      }
      return json(search === "?wait=0" ? [] : waiting.splice(0));
    }
    const body = await request.json();
    reports.push(body);
    const said = answers(path, body);
    return typeof said === "number" ? new Response(null, { status: said }) : json(said);
  };

  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, answer);
  const until = async (request: string, times = 1) => {
    while (asked.filter((it) => it === request).length < times) {
      await soon(next(end.signal), request);
    }
  };
  try {
    await inFolder((folder) =>
      story({
        url: `http://127.0.0.1:${server.addr.port}`,
        folder,
        asked,
        reports,
        push: (message) => {
          waiting.push(message);
          change();
        },
        until,
      })
    );
  } finally {
    end.abort();
    await server.shutdown();
  }
}
