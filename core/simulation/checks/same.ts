/**
 * Whether two values would be the same in a database: members in any order, absent or undefined. Most
 * of a state was compared when the state before it was: such parts are the same objects again.
 */
export class Sameness {
  readonly #known = new WeakMap<object, object>();

  /** Plain data only: what can be written as JSON. */
  of(a: unknown, b: unknown): boolean {
    if (a === b) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (this.#known.get(a) === b) return true;
    const isSame = Array.isArray(a) && Array.isArray(b)
      ? a.length === b.length && a.every((item, index) => this.of(item, b[index]))
      : !Array.isArray(a) && !Array.isArray(b) && this.#ofMembers(a, b);
    if (isSame) this.#known.set(a, b);
    return isSame;
  }

  #ofMembers(a: object, b: object): boolean {
    const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
    const names = Object.keys(left);
    if (!names.every((name) => this.of(left[name], right[name]))) return false;
    const others = Object.keys(right);
    return others.every((name) => name in left || right[name] === undefined);
  }
}
