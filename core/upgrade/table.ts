/**
 * The machine as a table: what it does in which state with which event, its guards and actions found
 * once by their names. XState's own `transition()` reads the same definition anew at each step, a
 * hundred times slower; a test proves the two equal for every event in every reachable state.
 */
import type { TaskEffect, TaskEvent } from "./events.ts";
import { upgradeMachine } from "./machine.ts";
import type { LifecycleContext } from "./machine.ts";
import type { TaskStateName } from "./task.ts";

/** What a guard or an action is called with. */
export interface TransitionArgs {
  readonly context: LifecycleContext;
  readonly event: TaskEvent;
}

/** One transition: the first one that may be taken is. */
export interface Transition {
  mayTake(args: TransitionArgs): boolean;
  /** `undefined`: the state stays. */
  readonly target: TaskStateName | undefined;
  /** In their order. */
  readonly changes: readonly ((args: TransitionArgs) => LifecycleContext)[];
  readonly effects: readonly TaskEffect[];
}

/** A guard or an action as the machine names it. */
type Named = string | { readonly type: string; readonly params?: unknown };
type Implementation<T> = (args: TransitionArgs, params: unknown) => T;

/** As much of the machine as is read here. */
interface Definition {
  readonly states: Readonly<
    Record<string, { readonly transitions: ReadonlyMap<string, Candidates> }>
  >;
  readonly implementations: {
    readonly guards: Readonly<Record<string, Implementation<boolean>>>;
    readonly actions: Readonly<
      Record<string, { readonly assignment?: Implementation<LifecycleContext> }>
    >;
  };
}

type Candidates = readonly {
  readonly guard?: Named;
  readonly target?: readonly { readonly key: string }[];
  readonly actions: readonly Named[];
}[];

const { states, implementations } = upgradeMachine as unknown as Definition;

const table = new Map(
  Object.entries(states).map(([state, { transitions }]) => [
    state,
    new Map([...transitions].map(([event, candidates]) => [event, candidates.map(compiled)])),
  ]),
);

/** What may be done in that state with an event of that type, in the order of the machine. */
export function transitionsOf(
  state: TaskStateName,
  event: TaskEvent["type"],
): readonly Transition[] {
  return table.get(state)?.get(event) ?? [];
}

function compiled({ guard, target, actions }: Candidates[number]): Transition {
  const changes: Transition["changes"][number][] = [];
  const effects: TaskEffect[] = [];
  for (const action of actions) {
    const [type, params] = nameOf(action);
    const { assignment } = implementations.actions[type]!;
    if (assignment) changes.push((args) => assignment(args, params));
    else effects.push(type as TaskEffect);
  }
  return {
    mayTake: guard === undefined ? () => true : asked(guard),
    target: target?.[0]?.key as TaskStateName | undefined,
    changes,
    effects,
  };
}

function asked(guard: Named): Transition["mayTake"] {
  const [type, params] = nameOf(guard);
  const question = implementations.guards[type]!;
  return (args) => question(args, params);
}

function nameOf(named: Named): [type: string, params: unknown] {
  return typeof named === "string" ? [named, undefined] : [named.type, named.params];
}
