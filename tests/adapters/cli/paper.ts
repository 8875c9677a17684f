/** A screen that keeps what is written. */
import type { Screen } from "../../../adapters/cli/mod.ts";

export class Paper implements Screen {
  text = "";
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  constructor(isTerminal: boolean, isColoured = isTerminal) {
    this.isTerminal = isTerminal;
    this.isColoured = isColoured;
  }
  write(text: string): void {
    this.text += text;
  }
}
