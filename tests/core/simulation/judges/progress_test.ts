/** What must come about: offers, ends and what is owed, and cuts of those who are locked out. */
import { Called } from "../../../../core/simulation/checks/called.ts";
import { LockedOut } from "../../../../core/simulation/checks/locked_out.ts";
import { Offered } from "../../../../core/simulation/checks/offered.ts";
import { OwedDelivered } from "../../../../core/simulation/checks/owed_delivered.ts";
import { TasksEnd } from "../../../../core/simulation/checks/tasks_end.ts";
import { ANY_SHA512 } from "../../../support/any_sha512.ts";
import { moves } from "../stage.ts";
import type { Stage } from "../stage.ts";
import { about, DAY_MS, offered, ok, report, testEach } from "./bad_story.ts";

/** Something else is written, minutes later. */
const later = (stage: Stage) => {
  stage.now += 120_000;
  stage.row("engine", { type: "EngineStarted", data: { epoch: 1 } });
};

testEach([
  ["L1", "a device that asks and is offered nothing", Offered, (stage) => {
    stage.begin();
    stage.device("a", "ContactChanged", { contact: "listening" }, {}, moves());
  }],
  ["L1", "a device that is there, and nobody offers it anything", Offered, (stage) => {
    stage.begin();
    stage.judge.healed?.();
    stage.now += DAY_MS;
    stage.judge.minute?.();
  }],
  ["L1", "a task that never ends", TasksEnd, (stage) => {
    stage.begin();
    stage.judge.healed?.();
    stage.judge.ended?.();
  }],
  ["L1", "a task that ends too late", TasksEnd, (stage) => {
    stage.begin();
    stage.judge.healed?.();
    stage.now += 300 * DAY_MS;
    stage.device("a", "CancelRequested", {}, about);
  }],
  ["L4", "a message that is owed at the end", OwedDelivered, (stage) => {
    offered(stage);
    stage.judge.healed?.();
    stage.judge.ended?.();
  }],
  ["L4", "a message that never left, of a device that is there", Called, (stage) => {
    offered(stage);
    stage.judge.failed?.(stage.life, "append");
    stage.judge.opened?.(stage.life);
    stage.now += 1_000;
    stage.input(report({ id: "7", received: 10 }, "progress"), ok);
    stage.now += 120_000;
    stage.judge.minute?.();
  }],
  ["L4", "a connection that lives on though its device is revoked", LockedOut, (stage) => {
    stage.begin();
    stage.device("a", "DeviceRevoked", {}, { actor: "operator:test" });
    later(stage);
    later(stage);
  }],
  ["L4", "a connection that lives on though its token has ended", LockedOut, (stage) => {
    stage.begin();
    const token = { token_sha256: "aa".repeat(32), token_sha512: ANY_SHA512 };
    stage.device("a", "TokenIssued", { ...token, overlap_ms: 0 }, { actor: "operator:test" });
    stage.device("a", "TokenIssued", { ...token, overlap_ms: 1_000 }, { actor: "operator:test" });
    stage.judge.disconnected?.("a", { number: 2, isAlive: true }, Infinity);
    later(stage);
    later(stage);
  }],
  ["L4", "a connection that is cut for nothing", LockedOut, (stage) => {
    stage.begin();
    stage.judge.disconnected?.("a", stage.life, Infinity);
  }],
]);
