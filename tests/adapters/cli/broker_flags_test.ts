import assert from "node:assert/strict";
import { parseServe, UsageError } from "../../../adapters/cli/mod.ts";

const none = { ca: undefined, cert: undefined, key: undefined, password: undefined };
const brokerOf = (args: string) => parseServe(args.split(" ")).broker;

Deno.test("--broker names a broker, with the ports of MQTT unless said otherwise", () => {
  assert.equal(parseServe([]).broker, undefined);
  assert.deepEqual(brokerOf("--broker mqtt://broker.example"), {
    host: "broker.example",
    port: 1883,
    isTls: false,
    username: undefined,
    password: undefined,
    versions: [5, 4],
    files: none,
  });
  assert.deepEqual(brokerOf("--broker mqtts://us%40er:p%3Aw%2f@10.0.0.1/ --broker-mqtt 5"), {
    host: "10.0.0.1",
    port: 8883,
    isTls: true,
    username: "us@er",
    password: "p:w/",
    versions: [5],
    files: none,
  });
  const six = brokerOf("--broker mqtt://[fd00::1]:99 --broker-mqtt 3.1.1")!;
  assert.deepEqual([six.host, six.port, six.versions], ["fd00::1", 99, [4]]);
});

Deno.test("the files of a broker are named beside it", () => {
  const files = "--broker-ca a --broker-cert b --broker-key c --broker-password-file d";
  const broker = brokerOf(`--broker mqtts://user@broker.example ${files}`)!;
  assert.deepEqual(broker.files, { ca: "a", cert: "b", key: "c", password: "d" });
  assert.equal(broker.username, "user");
});

const url = "must be a URL such as mqtts://otalog@broker.example:8883, without path, ? and #.";
const files = "--broker-ca, --broker-cert and --broker-key need mqtts:// in --broker.";
const secure = "--broker mqtts://broker.example";

const wrong: readonly (readonly [args: string, sentence: string])[] = [
  ["--broker broker.example", `--broker ${url}`],
  ["--broker broker.example:1883", `--broker ${url}`],
  ["--broker http://broker.example", `--broker ${url}`],
  ["--broker mqtt://", `--broker ${url}`],
  ["--broker mqtt://:1883", `--broker ${url}`],
  ["--broker mqtt://broker.example:65536", `--broker ${url}`],
  ["--broker mqtt://broker.example/path", `--broker ${url}`],
  ["--broker mqtt://broker.example?x=1", `--broker ${url}`],
  ["--broker mqtt://broker.example#x", `--broker ${url}`],
  ["--broker-ca x", "--broker-ca needs a broker. Name it with --broker."],
  ["--broker-cert x", "--broker-cert needs a broker. Name it with --broker."],
  ["--broker-key x", "--broker-key needs a broker. Name it with --broker."],
  ["--broker-mqtt 5", "--broker-mqtt needs a broker. Name it with --broker."],
  ["--broker-password-file x", "--broker-password-file needs a broker. Name it with --broker."],
  ["--broker mqtt://broker.example --broker-ca x", files],
  ["--broker mqtt://broker.example --broker-cert x --broker-key y", files],
  [`${secure} --broker-cert x`, "--broker-cert and --broker-key go together. Give both."],
  [`${secure} --broker-key x`, "--broker-cert and --broker-key go together. Give both."],
  [
    "--broker mqtt://user:secret@broker.example --broker-password-file x",
    "The password is in --broker already. Leave out --broker-password-file.",
  ],
  [
    "--broker mqtt://:secret@broker.example",
    "A password needs a user name. Name it in --broker, as in mqtts://otalog@broker.example:8883.",
  ],
  [
    `${secure} --broker-password-file x`,
    "A password needs a user name. Name it in --broker, as in mqtts://otalog@broker.example:8883.",
  ],
  [
    "--broker mqtt://user:100%@broker.example",
    "User name and password in --broker are percent-encoded: % itself is %25.",
  ],
  [`${secure} --broker-mqtt 4`, '--broker-mqtt must be 5 or 3.1.1, not "4".'],
  [
    `${secure} --mqtt 127.0.0.1:1883`,
    "Devices come in by --broker or by --mqtt. Leave out one of them.",
  ],
  ["--broker", "--broker needs a value. Give it as --broker URL."],
];

for (const [args, sentence] of wrong) {
  Deno.test(`serve ${args} is refused in one sentence`, () => {
    assert.throws(
      () => brokerOf(args),
      (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.message, sentence);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });
}
