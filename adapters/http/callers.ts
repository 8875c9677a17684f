/** Who is asking: tokens are compared by their SHA-256, the operator's in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import { Refused } from "./problems.ts";
import type { Caller, HttpDeps, Route } from "./route.ts";

/** Where Memfault's SDK sends the one credential that it has. */
export const PROJECT_KEY = "Memfault-Project-Key";

/**
 * Who may use the route and does. Where anyone may, credentials are not even looked at: a supervisor
 * that sends a stale token must not take a healthy engine for a dead one.
 *
 * @throws {Refused} 401 or 403.
 */
export async function callerOf(
  deps: HttpDeps,
  route: Pick<Route, "who" | "takesProjectKey">,
  request: Request,
  params: Record<string, string>,
): Promise<Caller> {
  if (route.who === "anyone") return { kind: "nobody" };
  const caller = await identify(deps, credentialsOf(request, route));
  authorize(route.who, caller, params);
  return caller;
}

/** Where there is nothing else, a project key counts as a bearer token. */
function credentialsOf(
  { headers }: Request,
  { takesProjectKey }: Pick<Route, "takesProjectKey">,
): string | null {
  const key = takesProjectKey ? headers.get(PROJECT_KEY) : null;
  return headers.get("authorization") ?? (key === null ? null : `Bearer ${key}`);
}

/**
 * The caller by the `Authorization` field; `nobody` without one.
 *
 * @throws {Refused} 401 for wrong credentials.
 */
export async function identify(
  deps: Pick<HttpDeps, "reads" | "engine" | "operatorTokenSha256">,
  header: string | null,
): Promise<Caller> {
  if (header === null) return { kind: "nobody" };
  const given = readCredentials(header);
  if (given) {
    const hash = createHash("sha256").update(given.token).digest();
    const isOperator = timingSafeEqual(hash, Buffer.from(deps.operatorTokenSha256, "hex"));
    if (isOperator && given.device === undefined) {
      return { kind: "operator", actor: "operator:api" };
    }
    const tokenSha256 = hash.toString("hex");
    const id = await deps.reads.deviceByToken(tokenSha256, deps.engine.now());
    if (id !== undefined && (given.device ?? id) === id) return { kind: "device", id, tokenSha256 };
  }
  throw new Refused(
    401,
    "The token is not valid. Send a valid one as Authorization: Bearer <token>.",
  );
}

/** @throws {Refused} 401 without credentials, 403 with those of the wrong kind or device. */
function authorize(who: Route["who"], caller: Caller, params: Record<string, string>): void {
  if (caller.kind === "nobody") {
    throw new Refused(401, "A token is needed. Send it as Authorization: Bearer <token>.");
  }
  const isOther = caller.kind === "device" && params.device !== undefined &&
    params.device !== caller.id;
  if (who !== "either" && caller.kind !== who || isOther) {
    const needed = isOther
      ? "the device's own"
      : who === "operator"
      ? "an operator's"
      : "a device's";
    throw new Refused(403, `This needs ${needed} token.`);
  }
}

/** `Bearer token`, or `Basic` with device and token (RFC 6750 §2.1, RFC 7617 §2). */
function readCredentials(header: string): { device?: string; token: string } | undefined {
  const [scheme, value, more] = header.split(" ");
  if (!value || more !== undefined) return undefined;
  if (scheme?.toLowerCase() === "bearer") return { token: value };
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { device: text.slice(0, colon), token: text.slice(colon + 1) };
}
