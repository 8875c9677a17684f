/**
 * What a route is: who may use it, what it takes, and its handler. Everything is declared in one
 * place, so that no route exists without its checks.
 */
import type { z } from "zod";
import type { EngineApi, Reads } from "../../core/engine/mod.ts";
import type { FairShare } from "../../core/network/mod.ts";
import type { ImageFiles } from "../../firmware/mod.ts";
import type { Downloads } from "./images/downloads.ts";
import type { Offload } from "./images/offload.ts";
import type { Feed } from "./feed.ts";
import type { HttpLimits } from "./limits.ts";
import type { Polls } from "./polls.ts";
import type { UploadTimes } from "./images/upload_times.ts";
import type { Wire } from "./wire.ts";

/** What the routes work with. */
export interface HttpDeps {
  readonly engine: EngineApi;
  readonly reads: Reads;
  readonly images: ImageFiles;
  /** When they were uploaded. */
  readonly uploads: UploadTimes;
  /** SHA-256 of the operator token, hexadecimal digits. */
  readonly operatorTokenSha256: string;
  /** Topic prefix with its leading slash. */
  readonly prefix: string;
  /** Every registered device may fetch every image. */
  readonly openArtifacts: boolean;
  /** Who sends the bytes of images in place of us, if anybody. */
  readonly offload?: Offload | undefined;
  /** Who may have bytes now; without one everybody may. */
  readonly share?: FairShare | undefined;
  /** The downloads under way, for whoever must cut one. */
  readonly downloads: Downloads;
  /** The devices that wait for messages. */
  readonly polls: Polls;
  /** The log, for whoever follows it. */
  readonly feed: Feed;
  /** What auditors keep: the newest checkpoint, if there is one, and the key as a line. */
  readonly log: { checkpoint(): string | undefined; readonly key: string };
  /** How long peers may keep us waiting. */
  readonly limits: HttpLimits;
  /** Told of image bytes that were handed to the connection of a device. */
  onServed(bytes: number): void;
  /** Told of a device that asked for bytes and was told when to come back for them. */
  onSentAway(): void;
  /** The engine in figures. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Whether no file of the data folder has anything that was erased. */
  isScrubbed(): boolean;
  /** The version of otalog. */
  readonly version: string;
  /** Whether the engine can serve devices now. */
  ready(): boolean;
}

/** Who is asking. */
export type Caller =
  | { readonly kind: "operator"; readonly actor: string }
  /** `tokenSha256`: by which it was known, hexadecimal digits. */
  | { readonly kind: "device"; readonly id: string; readonly tokenSha256: string }
  | { readonly kind: "nobody" };

/** A request whose caller, path, query, headers and body were checked. */
export interface Call<P, Q, B, H = unknown> {
  readonly deps: HttpDeps;
  readonly caller: Caller;
  readonly request: Request;
  readonly params: P;
  readonly query: Q;
  readonly headers: H;
  readonly body: B;
  /** Whether the request came with HTTP/1.0. */
  readonly isHttp10: boolean;
  /** The connection, if there is one. */
  readonly wire?: Wire | undefined;
}

/** A body as the document describes it: its media type and, for JSON, its form. */
export interface Content {
  readonly type: string;
  readonly schema?: z.ZodType;
}

/** An answer as the document describes it. */
export interface Described {
  readonly description: string;
  /** The media types it comes in; none: it has no body. */
  readonly content?: readonly Content[];
}

/** A route of the API. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With `:name` for parameters. */
  readonly path: string;
  readonly who: "operator" | "device" | "either" | "anyone";
  /** A token may also come as a project key, from clients that have no `Authorization`. */
  readonly takesProjectKey?: true;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** The header fields it looks at, in lowercase. */
  readonly headers?: z.ZodType;
  /** A JSON body is read and checked; without a schema the handler gets the stream. */
  readonly body?: z.ZodType;
  /** A body that the handler reads by itself. */
  readonly reads?: Content;
  /** What it does, in a few words. */
  readonly summary?: string;
  /** What it answers, by status; those from 400 on are problem details. */
  readonly responses?: Readonly<Record<number, Described>>;
  // deno-lint-ignore no-explicit-any -- the schemas above say what the handler gets
  readonly handle: (call: Call<any, any, any, any>) => Promise<Response> | Response;
}

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;

/** Declares a route; its handler is typed by its schemas. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  H extends z.ZodType | undefined = undefined,
>(
  declared: Omit<Route, "params" | "query" | "headers" | "body" | "handle"> & {
    readonly params?: P;
    readonly query?: Q;
    readonly headers?: H;
    readonly body?: B;
    readonly handle: (
      call: Call<Output<P>, Output<Q>, Output<B>, Output<H>>,
    ) => Promise<Response> | Response;
  },
): Route {
  return declared as unknown as Route;
}

/** An answer in JSON. */
export function json(description: string, schema: z.ZodType): Described {
  return { description, content: [{ type: "application/json", schema }] };
}
