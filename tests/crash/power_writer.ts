/**
 * A whole engine that is watched by strace: it appends, stores images, and says `ACK` and the rows
 * that are acknowledged now. As a control it can be made to skip a sync that it must not skip.
 */
import { DatabaseSync } from "node:sqlite";
import { requestUpgrade } from "../../core/mod.ts";
import type { Command } from "../../core/engine/mod.ts";
import { openHouse } from "../../commands/house/open_house.ts";
import type { House } from "../../commands/house/house.ts";
import { Operator, randomImage } from "../e2e/house.ts";
import { ANY_SHA512 } from "../support/any_sha512.ts";

/** What the writer leaves out; `none`: it is the product as it is. */
export type Control = "none" | "commits" | "images" | "names";

/** So many that SQLite moves its log into the database several times. */
const DEVICES = 12;
const IMAGE_BYTES = 40_000;
const STEPS = 8;

function leaveOut(control: Control): void {
  if (control === "commits") {
    const exec = DatabaseSync.prototype.exec;
    DatabaseSync.prototype.exec = function (sql: string) {
      if (sql === "begin immediate") exec.call(this, "pragma synchronous = normal");
      return exec.call(this, sql);
    };
  }
  if (control === "images" || control === "names") {
    const sync = Deno.FsFile.prototype.sync;
    Deno.FsFile.prototype.sync = async function () {
      const { isFile } = await this.stat();
      if (isFile !== (control === "images")) await sync.call(this);
    };
  }
}

/** Says which rows are acknowledged, after everything else is said. */
class Ledger {
  #seq = 0;

  async note({ reads }: House): Promise<void> {
    const rows = await reads.rows(undefined, this.#seq, 1_000);
    const said = JSON.stringify(rows.map(({ seq, hash }) => [seq, hash]));
    this.#seq = rows.at(-1)?.seq ?? this.#seq;
    Deno.stdout.writeSync(new TextEncoder().encode(`ACK ${said}\n`));
  }
}

/** One run of the engine: fresh images, and every device through an upgrade. */
async function run(data: string, round: number, ledger: Ledger): Promise<void> {
  const loopback = { host: "127.0.0.1", port: 0 };
  const token = "operator-token-of-this-test";
  const own = {
    publicUrl: undefined,
    openArtifacts: false,
    deviceRequests: "deny" as const,
    token,
  };
  const house = await openHouse({ data, http: loopback, mqtt: loopback, ...own });
  const operator = new Operator(() => house.httpUrl, () => token);
  await ledger.note(house);
  const give = async (command: Command) => {
    const answer = await house.engine.submit({ kind: "command", actor: "operator:test", command });
    if (!answer.ok) throw new Error(answer.problem.detail);
    await ledger.note(house);
  };
  for (let n = 0; n < DEVICES; n++) {
    const device = `pump-${round}-${n}`;
    const version = `${round}.${n}.0`;
    const bytes = randomImage(IMAGE_BYTES);
    const checksum = await operator.upload(version, bytes);
    await ledger.note(house);
    const tokenSha256 = (round * 1_000 + n).toString(16).padStart(64, "0");
    await give({ type: "registerDevice", device, tokenSha256, tokenSha512: ANY_SHA512 });
    const wish = { device_id: device, firmware_version: version, checksum };
    await give({ type: "requestUpgrade", request: requestUpgrade.parse(wish) });
    const say = async (kind: "request" | "progress" | "verify", body: object) => {
      // deno-lint-ignore no-explicit-any -- a literal of ours
      const parsed = { kind, body } as any;
      await house.engine.submit({ kind: "report", device, report: kind, parsed, via: "http" });
      await ledger.note(house);
    };
    await say("request", {});
    for (let step = 1; step <= STEPS; step++) {
      await say("progress", { received: IMAGE_BYTES * step / STEPS });
    }
    await say("verify", { checksum });
  }
  await house.close();
}

if (import.meta.main) {
  const [data, control] = Deno.args as [string, Control];
  leaveOut(control);
  const ledger = new Ledger();
  for (const round of [1, 2]) await run(data, round, ledger);
}
