/**
 * The transfer record: what the engine gave out for each attempt of a task. What a device says of its
 * digest is its claim; this is what it had asked for.
 */
import type { TransferSoFar } from "../log/facts.ts";

/** What was given out in one attempt. */
export interface AttemptTransfer extends TransferSoFar {
  /** From 1. */
  readonly attempt: number;
  /** Chunks that the device found to be bad at the end of the attempt. */
  readonly bad_chunks: number;
}

/** An attempt for which nothing was given out. */
export function noTransfer(attempt: number): AttemptTransfer {
  const none = { first_at: 0, last_at: 0, bytes: 0, requests: 0, repeated: 0 };
  return { attempt, ...none, cuts: 0, stalls: 0, ms: 0, bad_chunks: 0 };
}

/** The record of an attempt, if there is one. */
export function transferOf(
  transfers: readonly AttemptTransfer[],
  attempt: number,
): AttemptTransfer | undefined {
  return transfers.find((transfer) => transfer.attempt === attempt);
}

/** The records with more said about one attempt. */
export function withTransfer(
  transfers: readonly AttemptTransfer[],
  attempt: number,
  more: Partial<AttemptTransfer>,
): readonly AttemptTransfer[] {
  const known = transferOf(transfers, attempt) ?? noTransfer(attempt);
  return [...transfers.filter((t) => t.attempt !== attempt), { ...known, ...more }];
}

/** How many different bytes of the image were given out in one attempt. */
export function givenBytes(
  { bytes, repeated, anew = 0 }: Pick<TransferSoFar, "bytes" | "repeated" | "anew">,
): number {
  return bytes - repeated + anew;
}

/** How many different bytes of the image were given out, over all attempts. */
export function fetchedBytes(transfers: readonly AttemptTransfer[]): number {
  return transfers.reduce((sum, { bytes, repeated }) => sum + bytes - repeated, 0);
}
