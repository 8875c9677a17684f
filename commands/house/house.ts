/** What a running engine with all its adapters is, and what it is built from. */
import type { Engine, Reads } from "../../core/engine/mod.ts";
import type { ServeOptions, TakeOverWatch } from "../../adapters/cli/mod.ts";

/** What a running engine with all its adapters is made of. */
export interface House {
  readonly engine: Engine;
  readonly reads: Reads;
  /** The base URL that devices and operators use. */
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Resolves when devices can be served for the first time. */
  readonly ready: Promise<void>;
  /** The operator's token, and the file it was written to if it was made just now. */
  readonly operator: { readonly token: string; readonly madeIn?: string; readonly isWeak?: true };
  /** The newest checkpoint of the log; after `close`, the last one of this engine. */
  checkpoint(): string | undefined;
  /** Stops everything in good order. */
  close(): Promise<void>;
}

/** How to build a house; `token` is the operator's, from the environment. */
export type HouseOptions = ServeOptions & {
  readonly token?: string | undefined;
  readonly onFault?: (error: unknown) => void;
  /** A sentence for the operator: the broker cannot be reached, or can again. */
  readonly onNote?: (sentence: string) => void;
  /** Looks on while a log of another version is decided again. */
  readonly onTakeOver?: TakeOverWatch;
};
