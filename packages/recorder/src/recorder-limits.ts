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

/** Events that wait to be written together; with one more they are written at once. */
export const pendingEventsMax = 256;

/** Bytes of payloads that wait to be written together: 4 MiB. */
export const pendingBytesMax = 4 * 1024 ** 2;

/** Bytes of one call's output that may wait to be delivered, from a tool that does not wait for them: 64 MiB. */
export const undeliveredBytesMax = 64 * 1024 ** 2;

/** Events of a log that are read together when a run is played. */
export const logPageEvents = 64;

/** Such pages that are kept: with events as large as they can be, 64 MiB together. */
export const logPagesMax = 4;
