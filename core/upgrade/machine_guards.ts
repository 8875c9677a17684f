/** The guards of the machine, by the names that its states call them. */
import type { TaskEvent } from "./events.ts";
import * as ask from "./guards.ts";
import type { LifecycleContext } from "./machine.ts";
import * as run from "./running.ts";
import type { ResumableState, TaskContext, TaskStateName } from "./task.ts";

/** A guard of the machine that asks about the task. */
function asks<P = undefined>(question: (asked: ask.Asked, params: P) => boolean) {
  return (args: { context: LifecycleContext; event: TaskEvent }, params: P): boolean =>
    question({ context: args.context.task, event: args.event }, params);
}

/** A client that only fetches is there when it fetches: it may check for weeks, and leave it at that. */
function goesOnByFetching({ reason }: TaskContext, event: TaskEvent): boolean {
  return event.type === "UpdateRequested" && event.data.fetch_only === true && reason === "gone";
}

/** Each is asked of a task and an event. */
export const guards = {
  isDue: asks(ask.isDue),
  isTooSlow: asks(ask.isTooSlow),
  isDueOffered: asks((asked, params: { state: TaskStateName }) =>
    ask.isDue(asked, params) && asked.context.offered
  ),
  isStillWanted: asks(ask.isStillWanted),
  says: asks(ask.says),
  saysVerified: asks((asked, params: ask.Said) => ask.isVerified(asked) && ask.says(asked, params)),
  resumesTo: asks(({ context, event }, params: { state: ResumableState }) =>
    context.resumeTo === params.state && !goesOnByFetching(context, event)
  ),
  resumesItselfTo: asks((asked, params: { state: ResumableState }) =>
    ask.isDue(asked, { state: "paused" }) && ask.isDeferralOver(asked) &&
    asked.context.resumeTo === params.state
  ),
  isHeardAndResumesTo: asks(({ context, event }, params: { state: ResumableState }) =>
    ask.isContact({ context, event }, "listening") &&
    context.reason === "gone" && context.resumeTo === params.state
  ),
  isGone: asks((asked) => ask.isContact(asked, "gone")),
  isRight: asks(ask.isRight),
  isRightAndEnough: asks((asked) => ask.isRight(asked) && ask.needs(asked, "verified")),
  isComplete: asks(ask.isComplete),
  isCompleteAgain: asks((asked) => ask.isComplete(asked) && !ask.isVerified(asked)),
  isNotable: asks(ask.isNotable),
  isFetching: asks(ask.isFetching),
  isIncomplete: asks((asked) => !ask.isComplete(asked)),
  isUnverified: asks((asked) => !ask.isVerified(asked)),
  hasRetriesLeft: asks(ask.hasRetriesLeft),
  hasWish: asks(ask.hasWish),
  wasOffered: asks(({ context }) => context.offered),
  isOwnFinalSuccess: asks((asked) =>
    ask.needs(asked, "reported") && ask.says(asked, { status: "booted", runs: "new" })
  ),
  installsUnasked: asks((asked) =>
    ask.needs(asked, "reported") && ask.says(asked, { status: "installing" })
  ),
  rebootsUnasked: asks((asked) =>
    ask.needs(asked, "reported") && ask.says(asked, { status: "rebooting" })
  ),
  isSeen: asks((asked) => ask.needs(asked, "seen") && run.runsNew(asked)),
  isSeenRunning: asks((asked) => ask.needs(asked, "seen", "booted") && run.runsNew(asked)),
  isProof: asks((asked) => ask.needs(asked, "verified") && run.runsImage(asked)),
  isAllGiven: asks(run.isAllGiven),
  isGoneWithAll: asks((asked) => ask.isContact(asked, "gone") && run.isAllGiven(asked)),
  isDueWithAll: asks((asked, params: { state: TaskStateName }) =>
    ask.isDue(asked, params) && run.isAllGiven(asked)
  ),
  isSaid: asks((asked) => !ask.needs(asked, "seen")),
  isHeardAndSaid: asks((asked) => ask.isContact(asked, "listening") && !ask.needs(asked, "seen")),
  isDueSeen: asks((asked, params: { state: TaskStateName }) =>
    ask.isDue(asked, params) && ask.needs(asked, "seen")
  ),
  isOld: asks((asked) => ask.needs(asked, "seen") && run.runsOld(asked)),
  isOldWithRetries: asks((asked) =>
    ask.needs(asked, "seen") && run.runsOld(asked) && ask.hasRetriesLeft(asked)
  ),
  isBack: asks(run.isBackUnchanged),
  isBackWithRetries: asks((asked) => run.isBackUnchanged(asked) && ask.hasRetriesLeft(asked)),
  isConcluded: asks(({ context }) => run.isConcluded(context)),
  isConcludedRight: asks((asked) => run.isConcluded(asked.context) && ask.isRight(asked)),
  isConcludedWithRetries: asks((asked) =>
    run.isConcluded(asked.context) && ask.hasRetriesLeft(asked)
  ),
  isConcludedComplete: asks((asked) => run.isConcluded(asked.context) && ask.isComplete(asked)),
  isConcludedWish: asks((asked) => run.isConcluded(asked.context) && ask.hasWish(asked)),
  isConcludedRejected: asks((asked) =>
    run.isConcluded(asked.context) && ask.says(asked, { status: "rejected" })
  ),
};
