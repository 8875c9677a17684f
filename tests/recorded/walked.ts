/** Which transitions of the machine are walked: each is known by its state, its event and its place. */
import { taskStates, upgradeMachine } from "../../core/mod.ts";
import type { TaskEvent } from "../../core/mod.ts";
import { transitionsOf } from "../../core/upgrade/table.ts";

const events = upgradeMachine.events as readonly TaskEvent["type"][];

/** Every transition that the machine has, as `state Event 1 -> target`. */
export const transitions: readonly string[] = taskStates.flatMap((state) =>
  events.flatMap((event) =>
    transitionsOf(state, event).map((t, nth) => nameOf(state, event, nth, t))
  )
);

/** States of a task that its device was offered. */
const offered = [
  "held",
  "offered",
  "downloading",
  "paused",
  "retrying",
  "verifying",
  "awaiting_install",
];

/** Transitions that no history of a device leads to, and why. */
export const unreachable: Readonly<Record<string, string>> = {
  ...each("Supersede 2 -> superseded", "that is for tasks that were never offered"),
  ...each("CancelRequested 2 -> cancelled", "that is for tasks that were never offered"),
  "held DeadlinePassed 2 -> timed_out": "that is for tasks that were never offered",
  "paused ContactChanged 1 -> offered": "an offer stays as it is when its device is gone",
  "paused ContactChanged 5 -> awaiting_install": "so does one whose device may be installing",
};

function each(transition: string, why: string): Record<string, string> {
  return Object.fromEntries(offered.map((state) => [`${state} ${transition}`, why]));
}

/** Those that are taken while this is done. */
export function walkedWhile(done: () => void): ReadonlySet<string> {
  const walked = new Set<string>();
  const undo: (() => void)[] = [];
  for (const state of taskStates) {
    for (const event of events) {
      transitionsOf(state, event).forEach((transition, nth) => {
        const { mayTake } = transition;
        // The first one that may be taken is: nobody asks those after it.
        transition.mayTake = (args) => {
          const isTaken = mayTake(args);
          if (isTaken) walked.add(nameOf(state, event, nth, transition));
          return isTaken;
        };
        undo.push(() => void (transition.mayTake = mayTake));
      });
    }
  }
  try {
    done();
    return walked;
  } finally {
    for (const restore of undo) restore();
  }
}

function nameOf(
  state: string,
  event: string,
  nth: number,
  { target = "itself" }: { target?: string | undefined },
): string {
  return `${state} ${event} ${nth + 1} -> ${target}`;
}
