/**
 * A disk that loses power. What was synced is there afterwards; of everything else any part may be,
 * in any order, torn at sectors. A name is durable only once its folder was synced; names of one
 * folder that were not are kept up to some point, as journals do.
 */
import type { Draw } from "./draw.ts";
import type { Deed } from "./power_trace.ts";

/** What becomes of what was not synced. */
export const fates = ["dropped", "kept", "some writes kept", "torn"] as const;
type Fate = typeof fates[number];

const SECTOR_BYTES = 512;

type Change =
  | { readonly at: number; readonly bytes: Uint8Array }
  | { readonly size: number };

interface Node {
  readonly isFolder: boolean;
  durable: Uint8Array;
  readonly pending: Change[];
}

type Names = Map<string, Node>;
type Rename = (names: Names) => void;

/** The disk below one folder, whose own name is durable. */
export class Disk {
  /** What a running process sees. */
  readonly #live: Names = new Map();
  readonly #durable: Names = new Map();
  /** Changes of names that are not durable, by folder. */
  readonly #pending = new Map<string, Rename[]>();

  do(deed: Deed): void {
    switch (deed.type) {
      case "said":
        return;
      case "create":
      case "mkdir": {
        const node = { isFolder: deed.type === "mkdir", durable: new Uint8Array(), pending: [] };
        return this.#change(deed.path, (names) => void names.set(deed.path, node));
      }
      case "unlink":
        return this.#change(deed.path, (names) => void names.delete(deed.path));
      case "rename": {
        const node = this.#live.get(deed.path)!;
        return this.#change(deed.to, (names) => {
          names.delete(deed.path);
          names.set(deed.to, node);
        });
      }
      case "write":
      case "truncate":
        return void this.#live.get(deed.path)?.pending.push(deed);
      case "sync":
        return this.#sync(deed.path);
    }
  }

  /** The files as they may be after a power loss now. */
  *lose(fate: Fate, draw: Draw): Iterable<[path: string, bytes: Uint8Array | "folder"]> {
    const names = new Map(this.#durable);
    for (const renames of this.#pending.values()) {
      const count = countOf(fate, renames.length, draw);
      for (const rename of renames.slice(0, count)) rename(names);
    }
    for (const [path, node] of [...names].sort(([a], [b]) => a < b ? -1 : 1)) {
      if (!hasParents(path, names)) continue;
      yield [path, node.isFolder ? "folder" : contentOf(node, fate, draw)];
    }
  }

  #change(path: string, rename: Rename): void {
    rename(this.#live);
    const folder = parentOf(path);
    this.#pending.set(folder, [...this.#pending.get(folder) ?? [], rename]);
  }

  #sync(path: string): void {
    const node = this.#live.get(path);
    if (node) {
      node.durable = apply(node.durable, node.pending);
      node.pending.length = 0;
    }
    for (const rename of this.#pending.get(path) ?? []) rename(this.#durable);
    this.#pending.delete(path);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function hasParents(path: string, names: Names): boolean {
  const parent = parentOf(path);
  return parent === "" || names.has(parent) && hasParents(parent, names);
}

function countOf(fate: Fate, count: number, draw: Draw): number {
  if (fate === "dropped") return 0;
  return fate === "kept" ? count : draw.below(count + 1);
}

function contentOf({ durable, pending }: Node, fate: Fate, draw: Draw): Uint8Array {
  switch (fate) {
    case "dropped":
      return durable;
    case "kept":
      return apply(durable, pending);
    case "some writes kept":
      return apply(durable, pending.filter(() => draw.below(2) === 0));
    case "torn":
      return apply(durable, pending.flatMap(sectorsOf).filter(() => draw.below(2) === 0));
  }
}

function sectorsOf(change: Change): Change[] {
  if ("size" in change) return [change];
  const { at, bytes } = change;
  const sectors: Change[] = [];
  for (let from = at; from < at + bytes.length;) {
    const end = Math.min((Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES, at + bytes.length);
    sectors.push({ at: from, bytes: bytes.subarray(from - at, end - at) });
    from = end;
  }
  return sectors;
}

/** Makes new bytes, unless nothing changes. */
function apply(before: Uint8Array, changes: readonly Change[]): Uint8Array {
  if (changes.length === 0) return before;
  const room = changes.reduce(
    (size, change) =>
      Math.max(size, "size" in change ? change.size : change.at + change.bytes.length),
    before.length,
  );
  const content = new Uint8Array(room);
  content.set(before);
  let size = before.length;
  for (const change of changes) {
    if ("size" in change) {
      content.fill(0, change.size, Math.max(size, change.size));
      size = change.size;
    } else {
      content.set(change.bytes, change.at);
      size = Math.max(size, change.at + change.bytes.length);
    }
  }
  return content.subarray(0, size);
}
