/**
 * Every bound that the outside can meet, named in one place.
 * Sizes are bytes, durations milliseconds (`Ms`) or seconds (`S`), unless the name says otherwise.
 */

/** Largest JSON payload of a device, over MQTT or HTTP. */
export const PAYLOAD_BYTES_MAX = 65_536;
/** Deepest nesting of a JSON payload. */
export const JSON_DEPTH_MAX = 16;
/** Tasks that may wait or run for one device. */
export const OPEN_TASKS_MAX = 16;
/** Ended tasks that a device's state remembers. */
export const ENDED_TASKS_MAX = 8;
/** Report ids, and as many packets, that a device's state remembers to know a repeat. */
export const REPORT_IDS_MAX = 32;
/** Chunks of one image, whatever the chunk size. */
export const CHUNKS_MAX = 65_536;
/** Smallest chunk. */
export const CHUNK_BYTES_MIN = 256;
/** Largest chunk. */
export const CHUNK_BYTES_MAX = 16 * 1_048_576;
/** Parts that one request over MQTT may name. */
export const PARTS_MAX = 32;
/** Smallest part, unless it is the end of the image. */
export const PART_BYTES_MIN = 256;
/** Largest part: one message. */
export const PART_BYTES_MAX = 131_072;
/** Digests of chunks that one request over MQTT may ask for. */
export const DIGESTS_MAX = 256;
/** Parts and digests that wait for one device: what it has asked for and was not sent yet. */
export const PARTS_WAITING_MAX = 64;
/** Bytes on their way to one device over MQTT that it has not confirmed. */
export const CHUNK_WINDOW_BYTES = 262_144;
/** And so many parts at once, however small they are. */
export const CHUNK_WINDOW_PARTS = 64;
/** And to all devices; beyond it each has one part on its way. */
export const CHUNKS_IN_FLIGHT_BYTES = 64 * 1_048_576;
/** Bad chunks that are kept apart; a report of more is one of a wrong digest. */
export const BAD_CHUNKS_MAX = 1_024;
/** Characters of a device's free text that are kept. */
export const REASON_CHARACTERS_MAX = 256;
/** Rows that one batch takes personal texts out of: a device may have millions, and others wait meanwhile. */
export const ERASED_ROWS_MAX = 1_000;
/** Largest image that an upload may have. */
export const IMAGE_BYTES_MAX = 4 * 1_073_741_824;
/** Retries that an operator may ask for. */
export const RETRIES_MAX = 10;
/** Longest duration that an operator may ask for, in seconds (one year). */
export const DURATION_S_MAX = 31_536_000;
/** Longest overlap of two tokens, in seconds (30 days). */
export const TOKEN_OVERLAP_S_MAX = 2_592_000;
/** Inputs that may wait for the engine; beyond it an adapter is told to come back. */
export const QUEUE_MAX = 10_000;
/** Inputs that one transaction takes at most: they share a sync of the disk. */
export const BATCH_MAX = 512;
/** A transaction takes no more when it has decided for so long, in ms: everybody else waits for it. */
export const BATCH_DECIDING_MS = 50;
/** Device states kept in memory. */
export const CACHE_DEVICES_MAX = 5_000;
/** Devices of which it is remembered when they were last heard. */
export const HEARD_DEVICES_MAX = 20_000;
/** Devices of which it is remembered what their last long poll was answered. */
export const POLLING_DEVICES_MAX = 20_000;
/** Devices whose transfer under way is counted. */
export const TRANSFERS_MAX = 20_000;
/** Devices of which it is remembered which bytes they took, or are kept for them. */
export const GRANTS_MAX = 100_000;
/** A device without any contact for so long is gone. */
export const GONE_AFTER_MS = 30_000;
/** An owed message lapses after so long. */
export const OWED_FOR_MS = 7 * 86_400_000;
/** A refusal is recorded once a device in so long. */
export const REJECTED_EVERY_MS = 10_000;
/** Reports of a device that become facts: one in so long, for as long as it likes. */
export const REPORT_EVERY_MS = 2_000;
/** And so many at once. */
export const REPORTS_BURST = 300;
/** Progress is recorded at the latest after so long. */
export const PROGRESS_EVERY_MS = 30_000;
/** Progress is recorded when it moved by so many basis points of the image. */
export const PROGRESS_STEP_BP = 500;
/** The engine must have been reachable for so long before a deadline counts against a device. */
export const REACHABLE_MS = 300_000;
/** A wall clock that is off by more than this has stepped. */
export const CLOCK_STEP_MS = 5_000;
/** A device may fetch the images of a task that ended within so long. */
export const ENDED_FETCH_MS = 7 * 86_400_000;
/** Items of one page of a list. */
export const PAGE_MAX = 500;
/** The first task number ever given. */
export const TASK_NUMBER_FIRST = 1_000_001;
/** Task numbers stay below this (a signed 32-bit integer holds them). */
export const TASK_NUMBER_END = 2_147_483_648;
/** And the counters in their ids below this (nine digits). */
export const TASK_COUNT_END = 1_000_000_000;
/** Tasks that the lost part of a restored log may have had: the names of as many are left out. */
export const LOST_TASKS_MAX = 1_000_000;
