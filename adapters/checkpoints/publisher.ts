/** What all places for checkpoints have in common. */

/** A place for checkpoints. */
export interface Publisher {
  /**
   * Hands a note over; resolves when it is kept there. `signal`: it is wanted no more.
   *
   * @throws {Error} a sentence for the operator.
   */
  publish(note: string, signal: AbortSignal): Promise<void>;
  /**
   * The newest notes there.
   *
   * @throws {Error} a sentence for the operator.
   */
  readBack(): Promise<string>;
}
