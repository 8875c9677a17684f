/** I5 once more: the read models say what plain folding of the rows says, by code of its own. */
import type { Write } from "../../engine/mod.ts";
import type { Device } from "../../device/state.ts";
import type { Task } from "../../upgrade/task.ts";
import type { SeenRow } from "../watch.ts";
import type { Court, Judge } from "./judge.ts";
import type { Course } from "./naive_course.ts";
import type { NaiveDevice, NaiveTask } from "./naive.ts";
import type { NaiveImage } from "./naive_state.ts";
import { isBusy } from "./words.ts";

/** Judges that read models agree with the naive fold. */
export class ReadModels implements Judge {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  committed(rows: readonly SeenRow[], writes: readonly Write[]): void {
    const { naive, sight: { disk } } = this.#court;
    for (const { models: { device, tasks } } of writes) {
      for (const { id } of tasks ?? []) this.#compareTask(id);
      if (device) this.#compareDevice(device);
    }
    for (const { header: { outcome } } of rows) {
      for (const { task } of outcome.moves) this.#compareTask(task);
    }
    this.#compare("number of tasks", disk.taskCount, naive.tasks.size);
    for (const { fact } of rows) {
      if (fact.type === "ImageUploaded") this.#compareImage(fact.data.image);
      else if (fact.type === "ReleaseNamed") {
        const { product, version, artifacts } = fact.data;
        const stored = disk.release(product ?? null, version);
        this.#compare(`release ${version}`, stored?.sha256, artifacts[0]?.sha256);
      }
    }
  }

  #compareTask(id: string): void {
    const stored = this.#court.sight.disk.task(id);
    const task = this.#court.naive.tasks.get(id);
    if (stored && task && isSame(stored, task)) return;
    this.#compare(
      id,
      stored && wordsOf(stored, stored).join(),
      task && wordsOf(task, task.course).join(),
    );
  }

  #compareDevice(stored: Device): void {
    const device = this.#court.naive.devices.get(stored.id);
    if (!device) return this.#court.deny("I5", `Device ${stored.id} is stored, but has no row.`);
    if (isSameDevice(stored, device)) return;
    const found = [
      stored.version,
      stored.product,
      stored.revoked,
      stored.fetchOnly ?? false,
      stored.transport ?? "http",
      stored.network?.transport,
      stored.tasks.map(({ id }) => id),
      stored.tasks.find(({ state }) => isBusy(state))?.id,
      stored.owed.map(({ task, kind, attempt, at }) => `${task} ${kind} ${attempt} ${at}`).sort(),
    ];
    const expected = [
      device.version,
      device.product,
      device.isRevoked,
      device.isFetcher,
      device.wishes,
      device.advice?.transport,
      device.open.map(({ id }) => id),
      device.open.find(({ state }) => isBusy(state))?.id,
      owedOf(device),
    ];
    this.#compare(stored.id, found.join("; "), expected.join("; "));
  }

  #compareImage(checksum: string): void {
    const image = this.#court.sight.disk.image(checksum.slice("sha256:".length));
    const { size, sha1, md5, header } = this.#court.naive.images.get(checksum)!;
    const found = image && [
      `sha256:${image.sha256}`,
      image.size,
      image.sha1,
      image.md5,
      headerWords(image.header),
    ];
    const expected = [checksum, size, sha1, md5, headerWords(header)];
    this.#compare(checksum, found?.join(), expected.join());
  }

  #compare(what: string, stored: unknown, folded: unknown): void {
    if (stored === folded) return;
    this.#court.deny("I5", `${what} is stored as ${stored}, the rows say ${folded}.`);
  }
}

/** The same as by {@link wordsOf}, which is written out only where something differs. */
function isSame(stored: Task, task: NaiveTask): boolean {
  const { course, policy } = task;
  return stored.state === task.state && stored.attempt === task.attempt &&
    stored.reason === task.reason && stored.device === task.device &&
    stored.policy.image === policy.image && stored.policy.version === policy.version &&
    stored.queuedAt === task.queuedAt && stored.received === course.received &&
    stored.chunkBytes === course.chunkBytes && stored.updatedAt === course.updatedAt &&
    stored.progressAt === course.progressAt && stored.resumeAt === course.resumeAt &&
    (stored.downloadingSince === course.downloadingSince || !mayLoad(task));
}

function isSameDevice(stored: Device, device: NaiveDevice): boolean {
  const isBusyOne = ({ state }: { readonly state: string }) => isBusy(state);
  return stored.version === device.version && stored.product === device.product &&
    stored.revoked === device.isRevoked && (stored.fetchOnly ?? false) === device.isFetcher &&
    (stored.transport ?? "http") === device.wishes &&
    stored.network?.transport === device.advice?.transport &&
    stored.tasks.length === device.open.length &&
    stored.tasks.every(({ id }, nth) => id === device.open[nth]!.id) &&
    stored.tasks.find(isBusyOne)?.id === device.open.find(isBusyOne)?.id &&
    stored.owed.length === device.owed.size &&
    stored.owed.every(({ task, kind, attempt, at }) => {
      const owed = device.owed.get(task);
      return owed?.kind === kind && owed.attempt === attempt && owed.at === at;
    });
}

/** What a task is and how far it is; when its download began counts while there may be one. */
function wordsOf(
  task: Pick<NaiveTask, "state" | "attempt" | "reason" | "device" | "policy" | "queuedAt">,
  course: Course,
): unknown[] {
  const { state, attempt, reason, device, policy, queuedAt } = task;
  const { received, chunkBytes, updatedAt, progressAt, downloadingSince, resumeAt } = course;
  const said = [state, attempt, reason, device, policy.image, policy.version, queuedAt];
  const far = [received, chunkBytes, updatedAt, progressAt, resumeAt];
  return [...said, ...far, mayLoad({ state, policy }) ? downloadingSince : 0];
}

/** It may be downloading, though it seems to reboot. */
function mayLoad({ state, policy }: Pick<NaiveTask, "state" | "policy">): boolean {
  return LOADS.has(state) ||
    policy.completion === "seen" && (state === "rebooting" || state === "confirming");
}

function headerWords(header: NaiveImage["header"]): string {
  if (!header) return "no header";
  const { format, project, version, secure_version, chip, digest } = header;
  return [format, project, version, secure_version, chip, digest].join();
}

const LOADS = new Set(["offered", "downloading", "paused", "retrying", "verifying"]);

function owedOf({ owed }: NaiveDevice): string[] {
  return [...owed.values()].map(({ task, kind, attempt, at }) => `${task} ${kind} ${attempt} ${at}`)
    .sort();
}
