import assert from "node:assert/strict";
import { mosquittoAcl } from "../../../../adapters/cli/broker_config/acl.ts";
import { mosquittoConf } from "../../../../adapters/cli/broker_config/conf.ts";
import { parseBrokerConfig } from "../../../../adapters/cli/broker_config/options.ts";
import { HelpWanted, runBrokerConfig, UsageError } from "../../../../adapters/cli/mod.ts";
import {
  chunkTopic,
  DEVICE_LEVELS,
  ENGINE_FILTERS,
  PART_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  TOPIC_PREFIX,
} from "../../../../core/mod.ts";
import { Paper } from "../paper.ts";

const nowhere = { url: undefined, token: undefined };
const confOf = (args: string) => mosquittoConf(parseBrokerConfig(args.split(" ")).conf);

Deno.test("mosquittoConf() as it is written for /srv/broker", async (t) => {
  await t.assertSnapshot(confOf("--out /srv/broker"));
});

Deno.test("mosquittoAcl() as it is written", async (t) => {
  await t.assertSnapshot(mosquittoAcl());
});

Deno.test("mosquittoAcl() names every level of the protocol, for its own device alone", () => {
  const acl = mosquittoAcl("/x");
  for (const level of DEVICE_LEVELS) {
    assert.ok(acl.includes(`topic read /x/+/${level}\n`));
    assert.ok(acl.includes(`pattern write /x/%u/${level}\n`));
  }
  for (const level of ENGINE_FILTERS) {
    assert.ok(acl.includes(`topic write /x/+/${level}\n`));
    assert.ok(acl.includes(`pattern read /x/%u/${level}\n`));
  }
  const rules = acl.split("\n").filter((line) => /^(topic|pattern)/.test(line));
  assert.equal(rules.length, 2 * (DEVICE_LEVELS.length + ENGINE_FILTERS.length));
});

Deno.test("mosquittoConf() lets through the largest chunk, and what is answered with too_large", () => {
  const bytesMax = Number(/^max_packet_size (\d+)$/m.exec(confOf("--out /x"))![1]);
  const topic = chunkTopic(TOPIC_PREFIX, "d".repeat(64), "OTA_20231231_999999999", 2 ** 32);
  // Beside topic and payload: header, two lengths, packet id, no properties (MQTT 5 §3.3).
  assert.ok(bytesMax >= PART_BYTES_MAX + topic.length + 10);
  assert.ok(bytesMax >= 2 * PAYLOAD_BYTES_MAX);
});

Deno.test("mosquittoConf() says what the flags say", () => {
  const conf = confOf(
    "--out /x --devices 0.0.0.0:8883 --engine [::1]:1900 --cert /tls/a.pem --key /tls/a.key " +
      "--no-persistence --pid /run/m.pid",
  );
  const settings = conf.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (
    const setting of [
      "listener 8883 0.0.0.0",
      "certfile /tls/a.pem",
      "keyfile /tls/a.key",
      "listener 1900 ::1",
      "persistence false",
      "pid_file /run/m.pid",
    ]
  ) assert.ok(settings.includes(setting), setting);
  assert.doesNotMatch(conf, /^(persistence_location|autosave_interval)/m);
});

Deno.test("runBrokerConfig() prints both files for the usual folders, without an engine", async () => {
  const paper = new Paper(false);
  assert.equal(await runBrokerConfig(["mosquitto"], paper, nowhere), true);
  assert.match(paper.text, /^# otalog\.conf\n\n# Mosquitto for otalog/);
  assert.match(paper.text, /\n# otalog\.acl\n\n# Who may do what/);
  assert.match(paper.text, /^acl_file \/etc\/mosquitto\/otalog\.acl$/m);
  assert.match(paper.text, /^persistence_location \/var\/lib\/mosquitto\/$/m);
  assert.doesNotMatch(paper.text, /pid_file/);
  const json = new Paper(false);
  await runBrokerConfig(["mosquitto", "--json"], json, nowhere);
  const { type, files } = JSON.parse(json.text);
  assert.equal(type, "configuration");
  assert.deepEqual(Object.keys(files), ["otalog.conf", "otalog.acl"]);
});

const wrong: [args: string, sentence: RegExp][] = [
  ["emqx", /^There is no configuration for "emqx"\. Name a broker: deno task broker-config mosq/],
  ["--out x", /^There is no configuration for "--out"\. Name a broker/],
  ["mosquitto --watch", /^--watch needs a folder .*: --out DIR\.$/],
  ["mosquitto --cert a", /^--cert and --key belong together/],
  ["mosquitto --key a", /^--cert and --key belong together/],
  ["mosquitto --devices 0.0.0.0:1883", /outside without TLS\. Give --cert and --key, or .*--inse/],
  ["mosquitto --engine 10.0.0.1:1884", /outside without TLS\. Use a loopback address, or acc/],
  ["mosquitto --engine 10.0.0.1:1884 --cert a --key b", /Use a loopback address, or accept it/],
  ["mosquitto --devices 127.0.0.1:0", /^--devices needs a port from 1 to 65535\.$/],
  ["mosquitto --devices 127.0.0.1:1884", /^--devices and --engine need ports of their own\.$/],
  ["mosquitto --devices 0.0.0.0:1884 --insecure", /^--devices and --engine need ports of their/],
  ["mosquitto --pid=", /^--pid is empty\. Give it as --pid FILE\.$/],
];

for (const [args, sentence] of wrong) {
  Deno.test(`runBrokerConfig() says what is wrong with ${args}`, async () => {
    await assert.rejects(
      runBrokerConfig(args.split(" "), new Paper(false), nowhere),
      (error) => error instanceof UsageError && sentence.test(error.message),
    );
  });
}

Deno.test("runBrokerConfig() has help, no wider than a screen", async () => {
  for (const args of [[], ["--help"], ["mosquitto", "--help"]]) {
    await assert.rejects(runBrokerConfig(args, new Paper(false), nowhere), (error) => {
      assert.ok(error instanceof HelpWanted);
      for (const line of error.message.split("\n")) assert.ok(line.length <= 100, line);
      return /deno task broker-config mosquitto/.test(error.message);
    });
  }
});
