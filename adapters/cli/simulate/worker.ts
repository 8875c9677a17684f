/** A worker: simulates the seeds it is given, one at a time. */
import { runSeed } from "./outcome.ts";
import type { Assignment } from "./outcome.ts";
import { machinePorts } from "./ports.ts";

/** What a worker has of its own. */
interface Post {
  onmessage: (event: { data: Assignment }) => void;
  postMessage(message: unknown): void;
}

const post = globalThis as unknown as Post;

post.onmessage = async ({ data }) => post.postMessage(await runSeed(data, machinePorts));
