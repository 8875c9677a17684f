/** What ends the work in hand from within: a fault that was asked for, or the device's own reboot. */

/**
 * How it goes on. `cut`: connects again; `switch`: over the other transport; `restart` and `reboot`:
 * from what it kept in its folder; `silence`: hears, but says nothing more; `dark`: not at all.
 */
export type How = "cut" | "switch" | "restart" | "reboot" | "silence" | "dark";

/** Thrown by the work that it ends. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly how: How;

  /** `message` is for a person. */
  constructor(how: How, message: string) {
    super(message);
    this.how = how;
  }
}
