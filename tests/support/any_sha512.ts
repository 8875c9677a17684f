/** A salted digest for tokens that no external broker will check. */
export const ANY_SHA512 = `$6$${"A".repeat(16)}$${"A".repeat(86)}==`;
