/** Tokens in the simulation: who is let in by them, and how devices come by new ones. */
import assert from "node:assert/strict";
import type { Device } from "../../../core/device/state.ts";
import { Catalogue } from "../../../core/simulation/catalogue.ts";
import { Fate } from "../../../core/simulation/chance/fate.ts";
import { drawFaults } from "../../../core/simulation/chance/faults.ts";
import { Random } from "../../../core/simulation/chance/random.ts";
import { firstToken, Keyring } from "../../../core/simulation/keyring.ts";
import { World } from "../../../core/simulation/world.ts";
import { sha256 } from "../support/bench_engine.ts";

const HOUR_MS = 3_600_000;

/** A world whose disk knows one device, with these tokens. */
function worldWith(tokens: Device["tokens"]): World {
  const fate = new Fate(1, drawFaults(1));
  const catalogue = new Catalogue(fate, sha256);
  const world = new World({ fate, sha256, catalogue, watch: {}, isBrokered: false });
  keep(world, tokens);
  return world;
}

function keep({ disk }: World, tokens: Device["tokens"]): void {
  const device = { id: "dev-1", tokens } as unknown as Device;
  disk.commit([{ stream: "device/dev-1", expectedVersion: 0, rows: [], models: { device } }]);
}

function pass(world: World, ms: number): void {
  const end = world.now + ms;
  while (world.timeline.step(end));
  world.timeline.now = end;
}

function device() {
  const flash = { version: "1.0.0", token: "old" };
  return {
    id: "dev-1",
    product: null,
    isFetcher: false,
    flash,
    carry: (token: string) => void (flash.token = token),
  };
}

Deno.test("Disk.mayLogIn() lets in with a token of the device's that has not ended", () => {
  const { disk } = worldWith([
    { sha256: "old", validUntil: 1_000 },
    { sha256: "new", validUntil: null },
  ]);
  const mayLogIn = (device: string, token: string, now: number) =>
    disk.mayLogIn({ device, token }, now);
  assert.equal(mayLogIn("dev-1", "old", 999), true);
  assert.equal(mayLogIn("dev-1", "old", 1_000), false);
  assert.equal(mayLogIn("dev-1", "new", 1_000_000), true);
  assert.equal(mayLogIn("dev-1", "other", 0), false);
  assert.equal(mayLogIn("dev-2", "new", 0), false);
});

Deno.test("Keyring brings a device the token that lasts, hours later or when all is well", () => {
  for (const isHealed of [false, true]) {
    const world = worldWith([{ sha256: "old", validUntil: 1 }, {
      sha256: "new",
      validUntil: null,
    }]);
    const keyring = new Keyring(world);
    const owned = device();
    keyring.visitSoon(new Random(1), owned);
    pass(world, 999);
    assert.equal(owned.flash.token, "old");
    keep(world, [{ sha256: "new", validUntil: 1 }, { sha256: "newest", validUntil: null }]);
    if (isHealed) keyring.visitAll();
    else pass(world, 4 * HOUR_MS);
    assert.equal(owned.flash.token, "newest");
  }
});

Deno.test("Keyring: in a world that has healed nobody is locked out for more than a minute", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = worldWith([{ sha256: "new", validUntil: null }]);
    world.fate.heal();
    const owned = device();
    new Keyring(world).visitSoon(new Random(seed), owned);
    pass(world, 60_001);
    assert.equal(owned.flash.token, "new");
  }
});

Deno.test("Keyring: a device that was revoked keeps what it has; a first token is no other's", () => {
  const world = worldWith([]);
  const owned = device();
  new Keyring(world).visitSoon(new Random(1), owned);
  pass(world, 4 * HOUR_MS);
  assert.equal(owned.flash.token, "old");
  assert.notEqual(firstToken(world, "dev-1"), firstToken(world, "dev-2"));
});
