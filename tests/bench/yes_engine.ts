/** An engine's place taken by somebody who says yes to everything, at once. */
import type { EngineApi, Input } from "../../core/engine/mod.ts";

/** `onInput` is told of each input. */
export function yesEngine(onInput: (input: Input) => void = () => {}): EngineApi {
  return {
    submit: (input) => {
      onInput(input);
      return Promise.resolve({ ok: true, messages: [] });
    },
    goesOn: () => false,
    restsOnBytes: () => true,
    now: () => Date.now(),
    connected: () => {},
    listening: () => Promise.resolve(true),
    disconnected: () => {},
    heard: () => {},
    reachable: () => {},
    callAll: () => {},
    left: () => Promise.resolve(true),
    isListening: () => true,
    transfersOf: () => [],
    onCommitted: () => () => {},
    lastHeardAt: () => undefined,
  };
}
