/** Progress that is always worth a fact: forwards by more than 5 %, then back to the start. */

/** The `index`th report of a device, from 0. */
export function progressOf(index: number): { percent: number } {
  return { percent: index % 2 === 0 ? 50 : 0 };
}
