/** I19: one engine at a time appends; `seq` and versions are dense, no epoch returns. */
import type { Life, SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";

/** Judges that engines take turns. */
export class OneWriter implements Judge {
  readonly #court: Court;
  readonly #versions = new Map<string, number>();
  #seq = 0;
  #epoch = 0;
  #life = 0;

  constructor(court: Court) {
    this.#court = court;
  }

  beforeRow({ row, header }: SeenRow, life: Life): void {
    const { seq, epoch, stream, version } = header;
    if (seq !== ++this.#seq) this.#deny(`Row ${seq} follows row ${this.#seq - 1}`);
    if (row.seq !== seq || row.stream !== stream || row.version !== version) {
      this.#deny(`Row ${seq} is kept as ${row.seq} of ${row.stream}, version ${row.version}`);
    }
    const next = (this.#versions.get(stream) ?? 0) + 1;
    if (version !== next) this.#deny(`Row ${seq} is version ${version} of ${stream}, not ${next}`);
    this.#versions.set(stream, version);
    this.#takeTurn(seq, epoch, life.number);
  }

  #takeTurn(seq: number, epoch: number, life: number): void {
    if (life < this.#life) this.#deny(`Row ${seq} is of life ${life}, after rows of ${this.#life}`);
    if (life > this.#life && epoch <= this.#epoch) {
      this.#deny(`Row ${seq} of life ${life} is of epoch ${epoch} again`);
    }
    if (life === this.#life && epoch !== this.#epoch) {
      this.#deny(`Row ${seq} of life ${life} is of epoch ${epoch}, not ${this.#epoch}`);
    }
    this.#life = life;
    this.#epoch = epoch;
  }

  #deny(sentence: string): void {
    this.#court.deny("I19", `${sentence}.`);
  }
}
