import assert from "node:assert/strict";
import { untilReady } from "../../../../adapters/cli/broker_config/ready.ts";
import { Registry } from "../../../../adapters/cli/broker_config/registry.ts";
import { catchUp, watchRegistry } from "../../../../adapters/cli/broker_config/sync.ts";
import { Api } from "../../../../adapters/cli/ota/api.ts";
import { soon } from "../../../e2e/house.ts";
import { ANY_SHA512 } from "../../../support/any_sha512.ts";
import { answering } from "../ota/server.ts";

const OTHER = ANY_SHA512.replaceAll("A", "B");
const limits = { silentMs: 5_000, retryMs: 1, awayMs: 0 };

/** A row about a device, of the log named. */
function row(seq: number, type: string, device: string, token_sha512?: string, log = "l1") {
  return { log, seq, stream: `device/${device}`, type, data: { token_sha512 } };
}
type Row = ReturnType<typeof row>;

function registryOf(rows: readonly Row[]): Registry {
  const registry = new Registry();
  for (const row of rows) registry.take(row);
  return registry;
}

/** An engine that holds these rows: pages, and streams that end after what is there. */
function engineOf(rows: readonly Row[]) {
  return ({ url }: Request): Response => {
    const { searchParams } = new URL(url);
    const after = Number(searchParams.get("after") ?? 0);
    const items = rows.filter(({ seq }) => seq > after);
    if (searchParams.get("follow") !== "true") {
      return Response.json({ items: items.slice(0, 1), last_seq: rows.at(-1)?.seq ?? 0 });
    }
    const events = items.map((item) =>
      `id: ${item.seq}\nevent: row\ndata: ${JSON.stringify(item)}\n\n`
    );
    return new Response(events.join(""), { headers: { "content-type": "text/event-stream" } });
  };
}

const apiAt = (url: string) => new Api({ url, token: "t", tokenFrom: "here" });

Deno.test("Registry: the newest token counts, and none of a revoked device", () => {
  const registry = registryOf([
    row(1, "LogCreated", ""),
    row(2, "TokenIssued", "pump-7", ANY_SHA512),
    row(3, "TokenIssued", "pump-8", ANY_SHA512),
    row(4, "TokenIssued", "pump-7", OTHER),
    row(5, "DeviceRevoked", "pump-8"),
    row(6, "ProgressReported", "pump-7"),
  ]);
  assert.deepEqual([...registry.entries], [["pump-7", OTHER]]);
  assert.equal(registry.place, 6);
});

Deno.test("Registry: what no password file may hold is left out, with what was there before", () => {
  for (const entry of [undefined, "", "x", `${ANY_SHA512}\nroot:${ANY_SHA512}`]) {
    const registry = registryOf([row(1, "TokenIssued", "pump-7", ANY_SHA512)]);
    assert.equal(registry.take(row(2, "TokenIssued", "pump-7", entry)), true);
    assert.equal(registry.entries.size, 0);
  }
  const named = registryOf([row(1, "TokenIssued", "pump-7\nroot:x", ANY_SHA512)]);
  assert.equal(named.entries.size, 0);
});

Deno.test("catchUp() reads up to the end, and says how far it is", async () => {
  const rows = [1, 2, 3].map((seq) => row(seq, "TokenIssued", `pump-${seq}`, ANY_SHA512));
  await answering(engineOf(rows), async (url) => {
    const registry = new Registry();
    const read: number[] = [];
    await catchUp(apiAt(url), registry, (place, end) => read.push(place / end));
    assert.equal(registry.entries.size, 3);
    assert.equal(read.at(-1), 1);
    await catchUp(apiAt(url), registry, () => assert.fail("there is nothing new"));
  });
});

Deno.test("catchUp() begins again when the engine has another log, or an older copy", async () => {
  const older = [row(1, "TokenIssued", "pump-1", ANY_SHA512)];
  const other = [1, 2, 3].map((seq) => row(seq, "TokenIssued", `valve-${seq}`, OTHER, "l2"));
  const registry = new Registry();
  registry.expect("l1", 2);
  registry.take(row(1, "TokenIssued", "pump-1", ANY_SHA512));
  registry.take(row(2, "TokenIssued", "pump-2", ANY_SHA512));
  await answering(engineOf(older), (url) => catchUp(apiAt(url), registry));
  assert.deepEqual([...registry.entries.keys()], ["pump-1"]);
  await answering(engineOf(other), (url) => catchUp(apiAt(url), registry));
  assert.deepEqual([...registry.entries.keys()], ["valve-1", "valve-2", "valve-3"]);
});

Deno.test("watchRegistry() waits for an engine that is away, and says so once each time", async () => {
  const rows = [row(1, "TokenIssued", "pump-1", ANY_SHA512)];
  const engine = engineOf(rows);
  // Away twice: at the start, and when a stream has ended; a proxy may answer in its place.
  const statuses = [503, 502, 200, 200, 200, 503, 502];
  const said: string[] = [];
  const end = new AbortController();
  const answer = (request: Request) => {
    const status = statuses.shift();
    if (status === undefined && rows.length === 1) rows.push(row(2, "DeviceRevoked", "pump-1"));
    return status === 503 || status === 502 ? new Response("", { status }) : engine(request);
  };
  await answering(answer, async (url) => {
    const registry = new Registry();
    const told = {
      onChange: () => {
        said.push(`${registry.entries.size}`);
        if (registry.entries.size === 0) end.abort();
      },
      onRead: () => {},
      onAway: () => said.push("away"),
      onBack: () => said.push("back"),
    };
    await soon(watchRegistry(apiAt(url), registry, told, end.signal, limits), "the end");
  });
  assert.deepEqual(said, ["away", "back", "1", "away", "back", "0"]);
});

Deno.test("watchRegistry() ends when it is refused", async () => {
  await answering(() => Response.json({ detail: "No." }, { status: 401 }), async (url) => {
    const nothing = () => {};
    const told = { onChange: nothing, onRead: nothing, onAway: nothing, onBack: nothing };
    const watching = watchRegistry(
      apiAt(url),
      new Registry(),
      told,
      new AbortController().signal,
      limits,
    );
    await assert.rejects(watching, /does not take the operator's token/);
  });
});

Deno.test("untilReady() waits for an engine at its broker, but not for ever", async () => {
  const ended = new AbortController();
  const statuses = [503, 503, 200];
  const asked: string[] = [];
  const answer = ({ url }: Request) => {
    asked.push(new URL(url).pathname);
    return new Response("{}", { status: statuses.shift() ?? 503 });
  };
  await answering(answer, async (url) => {
    await untilReady(apiAt(url), ended.signal, { retryMs: 1, mostMs: 60_000 });
    assert.deepEqual(asked, ["/readyz", "/readyz", "/readyz"]);
    await untilReady(apiAt(url), ended.signal, { retryMs: 1, mostMs: 20 });
    ended.abort();
    await untilReady(apiAt(url), ended.signal, { retryMs: 60_000, mostMs: 60_000 });
  });
});
