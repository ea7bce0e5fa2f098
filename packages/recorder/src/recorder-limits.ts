/** A payload of more bytes lies in the blob store, and its event holds only the hash. */
export const inlinePayloadBytesMax = 64 * 1024;

/** Characters that a secret must have: a shorter one would be found where it is not meant. */
export const secretLengthMin = 6;

/** Milliseconds without any progress after which a program that waits for the tape counts as stalled. */
export const stallTimeoutMs = 2_000;

/** Calls named in a divergence as likely counterparts. */
export const candidatesMax = 3;

/** Calls named in a divergence as having come before it. */
export const precedingMax = 5;

/** Divergences gathered by one playback under `report`. */
export const divergencesMax = 1_000;

/** Causes of an error that are recorded, one behind the other. */
export const errorCausesMax = 8;
