/** Which requests the lane takes, and that the platform would have read each of them the same way. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { HeadReader, readHead } from "../../../../adapters/http/lane/head.ts";
import { Peer } from "./peer.ts";

const HEX = "0123456789abcdef".repeat(4);
const LINE = `GET /artifacts/${HEX} HTTP/1.1`;
const OWN = ["Host: ota.local:8000", "Authorization: Bearer abc"];

/** The head of a request with these fields. */
function head(fields: readonly string[] = OWN, line = LINE): string {
  return [line, ...fields, "", ""].join("\r\n");
}

const taken: [what: string, text: string][] = [
  ["the plain request", head()],
  ["HEAD", head(OWN, LINE.replace("GET", "HEAD"))],
  ["a name", head(OWN, LINE.replace(" HTTP", "/firmware-1.0_b+c.bin HTTP"))],
  ["a name as long as a route takes", head(OWN, LINE.replace(" HTTP", `/${"n".repeat(128)} HTTP`))],
  ["a name that begins as another route", head(OWN, LINE.replace(" HTTP", "/chunks.bin HTTP"))],
  ["a name that begins with dots", head(OWN, LINE.replace(" HTTP", "/..x HTTP"))],
  ["keep-alive, however it is written", head([...OWN, "connection: Keep-Alive"])],
  [
    "fields in any case, without and with blanks",
    head(["HOST:a", "authorization:\t Basic eDp5 \t"]),
  ],
  ["a field without a value", head([...OWN, "Accept:"])],
  ["a field of somebody else twice", head([...OWN, "X-A: 1", "X-A: 2"])],
  ["bytes above ASCII in a value", head([...OWN, "User-Agent: caf\xe9"])],
  ["an address as host", head(["Host: 10.0.0.7:8000", OWN[1]!])],
  ["an address of IPv6 as host", head(["Host: [::1]:8000", OWN[1]!])],
  [
    "the largest head",
    head([...OWN, `X: ${"x".repeat(8_192 - head([...OWN, "X: "]).length + 4)}`]),
  ],
  ["as many fields as there may be", head([...OWN, ...Array(98).fill("X: y")])],
  ["what comes behind it", head() + "\0anything\r\n\r\n"],
];

for (const [what, text] of taken) {
  Deno.test(`readHead() takes ${what}`, () => {
    assert.equal(readHead(text)?.length, text.indexOf("\r\n\r\n") + 4);
  });
}

const left: [what: string, text: string][] = [
  ["nothing", ""],
  ["half a head", head().slice(0, -1)],
  ["an empty line before it", "\r\n" + head()],
  ["POST", head(OWN, LINE.replace("GET", "POST"))],
  ["a method in lowercase", head(OWN, LINE.replace("GET", "get"))],
  ["HTTP/1.0", head(OWN, LINE.replace("1.1", "1.0"))],
  ["HTTP/1.2", head(OWN, LINE.replace("1.1", "1.2"))],
  ["HTTP in lowercase", head(OWN, LINE.replace("HTTP", "http"))],
  ["two blanks in its first line", head(OWN, LINE.replace(" HTTP", "  HTTP"))],
  ["a blank behind its first line", head(OWN, `${LINE} `)],
  ["the absolute form", head(OWN, LINE.replace("/art", "http://ota.local:8000/art"))],
  ["a query", head(OWN, LINE.replace(" HTTP", "?a HTTP"))],
  ["a fragment", head(OWN, LINE.replace(" HTTP", "#a HTTP"))],
  ["a path that is written otherwise", head(OWN, LINE.replace("/art", "//art"))],
  ["percent signs", head(OWN, LINE.replace(" HTTP", "/%61 HTTP"))],
  ["a step in its path", head(OWN, LINE.replace(" HTTP", "/. HTTP"))],
  ["a step up in its path", head(OWN, LINE.replace(" HTTP", "/.. HTTP"))],
  ["the digests of chunks", head(OWN, LINE.replace(" HTTP", "/chunks HTTP"))],
  ["one chunk", head(OWN, LINE.replace(" HTTP", "/chunks/0 HTTP"))],
  ["a slash at the end", head(OWN, LINE.replace(" HTTP", "/ HTTP"))],
  ["a name that is too long", head(OWN, LINE.replace(" HTTP", `/${"n".repeat(129)} HTTP`))],
  ["uppercase digits", head(OWN, LINE.replace(HEX, HEX.toUpperCase()))],
  ["a digit too few", head(OWN, LINE.replace(HEX, HEX.slice(1)))],
  ["a digit too many", head(OWN, LINE.replace(HEX, `${HEX}0`))],
  ["no host", head([OWN[1]!])],
  ["two hosts", head([...OWN, "Host: ota.local:8000"])],
  ["an empty host", head(["Host:", OWN[1]!])],
  ["a host with blanks", head(["Host: a b", OWN[1]!])],
  ["a host with a path", head(["Host: a/b", OWN[1]!])],
  ["a host with a user", head(["Host: a@b", OWN[1]!])],
  ["a host with a port that is none", head(["Host: a:99999", OWN[1]!])],
  ["a host that is an address in disguise", head(["Host: 0x7f.1", OWN[1]!])],
  ["no credentials", head([OWN[0]!])],
  ["credentials twice", head([...OWN, OWN[1]!])],
  ["a range twice", head([...OWN, "Range: bytes=0-1", "Range: bytes=0-1"])],
  ["a length of no body", head([...OWN, "Content-Length: 0"])],
  ["a length", head([...OWN, "Content-Length: 5"])],
  ["a transfer coding", head([...OWN, "Transfer-Encoding: chunked"])],
  ["another transfer coding", head([...OWN, "transfer-encoding: identity"])],
  ["Connection: close", head([...OWN, "Connection: close"])],
  ["more in Connection", head([...OWN, "Connection: keep-alive, x"])],
  [
    "Connection twice, one of them close",
    head([...OWN, "Connection: keep-alive", "Connection: close"]),
  ],
  ["Proxy-Connection: close", head([...OWN, "Proxy-Connection: close"])],
  ["Upgrade", head([...OWN, "Upgrade: h2c"])],
  ["HTTP2-Settings", head([...OWN, "HTTP2-Settings: AAM"])],
  ["Expect", head([...OWN, "Expect: 100-continue"])],
  ["TE", head([...OWN, "TE: trailers"])],
  ["Trailer", head([...OWN, "Trailer: x"])],
  ["a folded line", head([...OWN, "X: a", " b"])],
  ["a folded first field", head([" X: a", ...OWN])],
  ["a blank before the colon", head([...OWN, "Content-Length : 5"])],
  ["a field without a name", head([...OWN, ": a"])],
  ["a line without a colon", head([...OWN, "X"])],
  ["a bare LF in a value", head([...OWN, "X: a\nContent-Length: 5"])],
  ["a bare CR in a value", head([...OWN, "X: a\rContent-Length: 5"])],
  ["a NUL in a value", head([...OWN, "X: a\0"])],
  ["a NUL in a name", head([...OWN, "X\0: a"])],
  ["DEL in a value", head([...OWN, "X: \x7f"])],
  ["bytes above ASCII in a name", head([...OWN, "X\xe9: a"])],
  ["lines that end with LF", head().replaceAll("\r\n", "\n")],
  ["one line that ends with LF", head().replace("\r\nHost", "\nHost")],
  [
    "a head that is too long",
    head([...OWN, `X: ${"x".repeat(8_192 - head([...OWN, "X: "]).length + 5)}`]),
  ],
  ["too many fields", head([...OWN, ...Array(99).fill("X: y")])],
];

for (const [what, text] of left) {
  Deno.test(`readHead() leaves to the platform: ${what}`, () => {
    assert.equal(readHead(text), undefined);
  });
}

Deno.test("readHead() gives what the fields say, without the blanks around it and nothing else", () => {
  const fields = [
    "host: ota.local:8000",
    "AUTHORIZATION:  Bearer a b\xa0\t",
    "Range:bytes=0-9",
    'if-range: "x" ',
    'If-None-Match: "y", W/"z"',
  ];
  const text = head(fields, LINE.replace("GET", "HEAD"));
  assert.deepEqual(readHead(text + "more"), {
    isHead: true,
    sha256: HEX,
    authorization: "Bearer a b\xa0",
    range: "bytes=0-9",
    ifRange: '"x"',
    ifNoneMatch: '"y", W/"z"',
    length: text.length,
  });
});

Deno.test("readHead() takes no time over hostile blanks", () => {
  const blanks = " \t".repeat(4_000);
  const began = performance.now();
  for (
    const field of [`X:${blanks}\0`, `X: a${blanks}\0`, `Host: a${blanks}b`, `Range: a${blanks}`]
  ) {
    for (let n = 0; n < 10; n++) readHead(head([...OWN, field]));
  }
  // Tried in every way, each would take some 100 ms.
  assert.ok(performance.now() - began < 1_000, `${performance.now() - began} ms`);
});

Deno.test("readHead() fails on no bytes whatever", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
    const text = Buffer.from(bytes).toString("latin1");
    assert.equal(readHead(text), undefined);
    const whole = head();
    // Whatever is put into a head: it does not fail, and never reads past what is there.
    const put = whole.slice(0, at) + text + whole.slice(at);
    assert.ok((readHead(put)?.length ?? 0) <= put.length);
  }));
});

/** What `node:http` makes of the bytes, request by request. */
interface Read {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly fields: NodeJS.Dict<string | string[]>;
  readonly isHost: boolean;
  readonly body: number;
}

async function withPlatform(story: (read: (text: string) => Promise<Read[]>) => Promise<void>) {
  let reads: Read[] = [];
  const server = createServer({ maxHeaderSize: 16_384 }, (request, response) => {
    let body = 0;
    request.on("data", ({ length }) => body += length);
    request.on("end", () => {
      const { method, url, headers: fields, rawHeaders } = request;
      const hosts = rawHeaders.filter((name, n) => n % 2 === 0 && name.toLowerCase() === "host");
      reads.push({ method, url, fields, isHost: hosts.length === 1, body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await story(async (text) => {
      reads = [];
      await using peer = await Peer.connect(port);
      await peer.send(text + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await peer.rest();
      return reads;
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const blanks = fc.constantFrom("", " ", "\t", "  ", " \t ");
const value = fc.oneof(
  fc.constantFrom(
    "keep-alive",
    "close",
    "5",
    "chunked",
    "bytes=0-9",
    "a\xa0",
    "\xe9",
    "a b",
    '"x"',
  ),
  fc.string({ unit: "binary-ascii", maxLength: 8 }),
);
const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("Range", "If-Range", "if-none-match", "X-A", "Accept") },
  fc.constantFrom("Connection", "Proxy-Connection", "Content-Length", "Transfer-Encoding", "Host"),
  fc.string({ unit: "binary-ascii", maxLength: 5 }),
);
const field = fc.tuple(name, fc.constantFrom(":", ":", ":", " :"), blanks, value, blanks)
  .map((parts) => parts.join(""));
const ends = fc.constantFrom("\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\n ");
const line = fc.constantFrom(
  LINE,
  LINE.replace("GET", "HEAD"),
  LINE.replace(" HTTP", "/name.bin HTTP"),
  LINE.replace(" HTTP", "/.. HTTP"),
);

Deno.test("readHead() reads what it takes as node:http does, and the next request begins where it says", async () => {
  let count = 0;
  await withPlatform(async (read) => {
    const more = fc.array(fc.tuple(field, ends), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(line, more, fc.boolean(), async (line, more, isLast) => {
        const own = `${OWN.join("\r\n")}\r\n`;
        const others = more.map(([field, end]) => field + end).join("");
        const text = `${line}\r\n${isLast ? others + own : own + others}\r\n`;
        const taken = readHead(text);
        if (!taken) return;
        count++;
        assert.equal(taken.length, text.length);
        const [first, last, ...rest] = await read(text);
        assert.deepEqual([last?.url, rest, first?.body, first?.isHost], ["/last", [], 0, true]);
        const { method, url, fields } = first!;
        assert.deepEqual([method, url], [taken.isHead ? "HEAD" : "GET", line.split(" ")[1]]);
        assert.deepEqual(
          [taken.authorization, taken.range, taken.ifRange, taken.ifNoneMatch],
          [fields.authorization, fields.range, fields["if-range"], fields["if-none-match"]],
        );
      }),
      { numRuns: 1_000 },
    );
  });
  assert.ok(count > 100, `only ${count} were taken`);
});

Deno.test("readHead() takes nothing that node:http reads otherwise, of all in the tables", async () => {
  await withPlatform(async (read) => {
    for (const [what, text] of taken.slice(0, -1)) {
      const [first, last] = await read(text);
      assert.equal(last?.url, "/last", what);
      assert.equal(first?.url, text.split(" ")[1], what);
      assert.equal(first?.fields.authorization, readHead(text)!.authorization, what);
    }
  });
});

Deno.test("HeadReader reads each head of a connection as if it were the first", () => {
  const range = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(fc.nat(9_999), fc.nat(9_999)).map((r) => `bytes=${r.join("-")}`),
    },
    fc.constantFrom(
      "bytes=0-",
      "bytes=-5",
      "bytes=0-1,4-5",
      "bytes=",
      "",
      "bytes=1-2\r\nExpect: x",
      " bytes=1-2",
    ),
  );
  const image = fc.constantFrom("a", "b").map((digit) => digit.repeat(64));
  const more = fc.constantFrom(
    "",
    "X-A: Range: bytes=7-8\r\n",
    "If-Range: bytes=1-2\r\n",
    "Range: bytes=3-4\r\n",
  );
  const behind = fc.constantFrom(
    "\r\n",
    "\r\nTE: x\r\n",
    "\r\nHost: y\r\n",
    "  \r\n",
    "\r\n\r\nGET / HTTP/1.1",
  );
  const text = fc.tuple(image, more, range, behind).map(([image, more, range, behind]) =>
    `GET /artifacts/${image} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer y\r\n${more}Range: ${range}${behind}\r\n`
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 12 }), (texts) => {
      const heads = new HeadReader();
      for (const text of texts) assert.deepEqual(heads.read(text), readHead(text), text);
    }),
    { numRuns: 2_000 },
  );
});
