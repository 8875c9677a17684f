/**
 * Every figure by which a transport is judged and chosen, in one place. The reason for each stands in
 * `core/network/README.md`; a test holds the two against each other. Durations are milliseconds
 * (`MS`) or seconds (`S`); scores, trust and shares are thousandths.
 */

/** Whoever downloads is looked at so often. */
export const LOOK_MS = 1_000;
/** What moved within a shorter time is observed together with what follows. */
export const MOVED_MS_LEAST = 250;
/** After so long without a sign the device had something else to do: nothing is measured. */
export const MOVED_MS_MOST = 60_000;
/** Nothing may move for so long before that is observed, where the speed is known. */
export const QUIET_MS = 3_000;
/** Or this many times as long as so many bytes need at that speed. */
export const QUIET_FACTOR = 2;
/** The bytes that are meant. */
export const QUIET_BYTES = 65_536;
/** And so long where it is not known, at most in any case. */
export const QUIET_MS_FIRST = 10_000;
/** A transport that is left so soon after something moved is left for a try alone. */
export const LEFT_MS = 1_000;
/** A request over HTTP for fewer bytes is a try. */
export const TRY_BYTES = 4_096;
/** A message that was confirmed later than this had waited for its device. */
export const ANSWERED_MS_MOST = 60_000;
/** So long after a start of the engine nobody who is not back yet is gone. */
export const GRACE_MS = 60_000;

/** A transport that moves so many bytes a second is fast enough, and one that nobody measured counts so. */
export const ENOUGH_BYTES_PER_S = 49_152;
/** Goodput is an average over about so long. */
export const GOODPUT_MS = 1_000;
/** The steady goodput, by which chunks are chosen, is one over so long. */
export const STEADY_MS = 15_000;
/** What was measured before counts as so many times what is measured now, at most. */
export const LEAP_FACTOR = 8;
/** What is above that is forgotten within so long. */
export const LEAP_MS = 500;
/** More bytes a second count as so many. */
export const BYTES_PER_S_MAX = 1_073_741_824;

/** More bytes at once count as so many. */
export const BYTES_MAX = 1_099_511_627_776;
/** Longer and later counts as so long. */
export const TIME_MS_MAX = 1_125_899_906_842_624;

/** A round trip up to here costs nothing of the score. */
export const PROMPT_MS = 1_000;
/** And from here on no more. */
export const LATE_MS = 8_000;
/** What is left of the score then. */
export const LATE_SHARE = 500;
/** A longer round trip counts as so long. */
export const RTT_MS_MAX = 60_000;

/** The trust in a transport that nobody has observed. */
export const TRUST_START = 600;
/** What a success adds to it. */
export const TRUST_STEP = 50;
/** And no more than one of them in so long. */
export const TRUST_STEP_MS = 500;
/** A cut halves the trust; more of them within so long are the same one. */
export const CUT_MS = 1_000;
/** When nothing moves for so long, the trust is halved. */
export const STALL_MS = 1_500;
/** When so many bytes are asked for again, the trust is halved. */
export const REPEATED_BYTES = 131_072;

/** Below it a transport is bad: it may be left. */
export const LOW_SCORE = 200;
/** From it on a transport is good: it may be gone to. */
export const HIGH_SCORE = 700;
/** The score of a transport of which nothing is known. */
export const UNKNOWN_SCORE = 450;
/** Below it nothing is lost by trying the other. */
export const DEAD_SCORE = 20;
/** What was not observed for so long is unknown. */
export const FORGET_MS = 300_000;
/** So is, after so long, how much a transport moves that ended in a stall, or was left for dead. */
export const RETRY_MS = 30_000;
/** The other is faster when it moves so many times the bytes. */
export const FASTER_FACTOR = 2;

/** A bad transport stays so long after a switch, twice as long for each hop. */
export const DWELL_MS = 4_000;
/** Up to here. */
export const DWELL_MS_MAX = 64_000;
/** One that is not bad stays so long, twice as long for each hop. */
export const RETURN_MS = 15_000;
/** Hops that are counted. */
export const HOPS_MAX = 6;
/** After so long without a switch one hop less is counted. */
export const CALM_MS = 600_000;

/** A chunk is what moves within so long, and a round trip that takes longer counts as so long. */
export const CHUNK_S = 2;
/** The smallest chunk that is recommended. */
export const CHUNK_BYTES_LEAST = 4_096;
/** And the largest. */
export const CHUNK_BYTES_MOST = 131_072;
/** Below it a transport is shaky: less is to be lost with a cut. */
export const SHAKY_TRUST = 500;
/** Chunks in flight on a transport that nobody measured. */
export const IN_FLIGHT_START = 4;
/** Chunks in flight on a shaky one, at most. */
export const IN_FLIGHT_SHAKY = 2;
/** Chunks in flight on any, at most. */
export const IN_FLIGHT_MAX = 16;
/** A device that fetches is heard so often. */
export const HEARTBEAT_S = 15;
/** And so often where the score is below that of an unknown one. */
export const HEARTBEAT_S_BAD = 5;
/** Chunks are adjusted when they would be so many times larger or smaller. */
export const ADJUST_FACTOR = 4;
/** And not before so long after the last recommendation. */
export const ADJUST_MS = 60_000;
