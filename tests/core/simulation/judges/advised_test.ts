/** What is recommended to devices that fetch: on record, for a reason, and not to and fro. */
import assert from "node:assert/strict";
import { Advised } from "../../../../core/simulation/checks/advised.ts";
import { metadata, Stage, TASK } from "../stage.ts";
import { about, offered, OTHER, testEach } from "./bad_story.ts";

const quality = {
  trust: 600,
  stalled_ms: 0,
  observed_at: 0,
  measured_at: 0,
  rose_at: 0,
  cut_at: 0,
};
const plan = {
  chunk_size: 64,
  chunk_bytes: 65_536,
  chunks_in_flight: 4,
  heartbeat_seconds: 15,
};

/** A row that recommends something. */
function measured(
  stage: Stage,
  transport: "http" | "mqtt",
  reason: string,
  listening = true,
  task = TASK,
): void {
  const effect = { type: "sendTransport", task, transport, reason };
  const outcome = { moves: [], effects: [effect] };
  const data = { http: quality, mqtt: quality, listening };
  stage.device("a", "NetworkMeasured", data, { task, actor: "engine" }, { outcome });
}

function tell(stage: Stage, device: string, transport: string, odd: object = {}): void {
  const payload = { transport, reason: "stalled", ...plan, ...odd };
  stage.send(device, "transport", payload, false);
}

testEach([
  ["I22", "a device that is sent back at once", Advised, (stage) => {
    offered(stage);
    measured(stage, "mqtt", "stalled");
    stage.now += 1_000;
    measured(stage, "http", "stalled");
  }],
  ["I22", "a device that is sent to and fro for ever", Advised, (stage) => {
    offered(stage);
    for (let nth = 0; nth < 30; nth++) {
      stage.now += 5_000;
      measured(stage, nth % 2 === 0 ? "mqtt" : "http", "stalled");
    }
  }],
  ["I22", "what stands, recommended anew", Advised, (stage) => {
    offered(stage);
    stage.now += 100_000;
    measured(stage, "http", "slow");
  }],
  ["I22", "other chunks every few seconds", Advised, (stage) => {
    offered(stage);
    measured(stage, "http", "adjusted");
    stage.now += 10_000;
    measured(stage, "http", "adjusted");
  }],
  ["I22", "a device without a session that is sent to the broker", Advised, (stage) => {
    offered(stage);
    measured(stage, "mqtt", "stalled", false);
  }],
  ["I22", "a session that is called gone while it lives", Advised, (stage) => {
    offered(stage);
    measured(stage, "mqtt", "stalled");
    stage.now += 100_000;
    measured(stage, "http", "gone");
  }],
  ["I22", "a measurement that leads to nothing", Advised, (stage) => {
    offered(stage);
    const data = { http: quality, mqtt: quality, listening: true };
    const outcome = { moves: [], effects: [] };
    stage.device("a", "NetworkMeasured", data, { ...about, actor: "engine" }, { outcome });
  }],
  ["I22", "a measurement of another task", Advised, (stage) => {
    offered(stage);
    measured(stage, "mqtt", "stalled", true, OTHER);
  }],
  ["I22", "a word that no row says", Advised, (stage) => {
    offered(stage);
    tell(stage, "a", "mqtt");
  }],
  ["I22", "a word to another device", Advised, (stage) => {
    offered(stage);
    stage.device("b", "DeviceRegistered", { device_id: "b" }, { actor: "operator:x" });
    measured(stage, "mqtt", "stalled");
    tell(stage, "b", "mqtt");
  }],
  ["I22", "a word that comes twice", Advised, (stage) => {
    offered(stage);
    measured(stage, "mqtt", "stalled");
    tell(stage, "a", "mqtt");
    assert.deepEqual(stage.denied, []);
    tell(stage, "a", "mqtt");
  }],
  ["I22", "chunks that nobody may ask for", Advised, (stage) => {
    offered(stage);
    measured(stage, "mqtt", "stalled");
    tell(stage, "a", "mqtt", { chunk_bytes: 262_144 });
  }],
  ["I22", "an offer over what is not recommended any more", Advised, (stage) => {
    offered(stage);
    measured(stage, "mqtt", "stalled");
    stage.now += 1_000;
    stage.send("a", "metadata", { ...metadata, transport: "http" });
  }],
  ["I22", "an offer that forgets what its device wishes for", Advised, (stage) => {
    stage.begin();
    stage.device("a", "UpdateRequested", { transport: "mqtt" });
    stage.now += 1_000;
    stage.send("a", "metadata", { ...metadata, transport: "http" });
  }],
]);

Deno.test("Advised has nothing against who is sent on with time between, or has no session any more", () => {
  const stage = new Stage((court) => new Advised(court));
  offered(stage);
  measured(stage, "mqtt", "stalled");
  tell(stage, "a", "mqtt");
  stage.send("a", "metadata", { ...metadata, transport: "mqtt" });
  stage.now += 1_000;
  measured(stage, "http", "gone", false);
  tell(stage, "a", "http", { reason: "gone" });
  stage.now += 5_000;
  measured(stage, "mqtt", "healed");
  stage.device("a", "UpdateRequested", { transport: "mqtt" });
  stage.now += 1_000;
  measured(stage, "http", "stalled");
  assert.deepEqual(stage.denied, []);
});
