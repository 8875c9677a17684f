/** An operator's client of the HTTP API. */

/** Where the engine is and who is asking. */
export interface OperatorAccess {
  readonly httpUrl: string;
  readonly token: string;
}

/** Asks the API. @throws {Error} with the detail of the problem that came back. */
export async function ask(
  { httpUrl, token }: OperatorAccess,
  method: string,
  path: string,
  body?: object | Uint8Array<ArrayBuffer>,
): Promise<Record<string, unknown>> {
  const isBytes = body instanceof Uint8Array;
  const response = await fetch(`${httpUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: isBytes ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === "" ? {} : JSON.parse(text);
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.detail ?? response.status}`);
  return answer;
}
