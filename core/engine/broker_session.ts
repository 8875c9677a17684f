/** Which of our sessions at a broker is the one that it keeps. */

/**
 * Packet ids begin again with each session: a packet that is on record tells nothing of one with the same
 * id, from the same device and with the same payload, that came by another session.
 */
export interface BrokerSession {
  /** Of no other session of this log, ever. */
  readonly name: string;
  /** The broker has forgotten the last one. Resolves when the new name is durable. */
  renew(): Promise<void>;
}
