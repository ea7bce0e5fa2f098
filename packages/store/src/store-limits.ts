/** Milliseconds for which a writer waits for another process before it gives up with `STORE_BUSY`. */
export const busyTimeoutMs = 10_000;

/** Milliseconds after which such a writer tries again. */
export const busyPauseMs = 1;

/** A store up to this size is checked page by page whenever it is opened. */
export const checkedBytesMax = 4 * 1024 * 1024;

/** What was written within this time is never garbage: the record that refers to it may still be on its way. */
export const garbageGraceMs = 60 * 60 * 1000;

/** Events fetched at a time when a run's log is read. */
export const eventPageRows = 64;

/** References fetched at a time when what a run refers to is listed. */
export const referencePageRows = 256;

/**
 * Pages in the write-ahead log at which it is copied into the file: 16 MiB. Each copy waits for the disk, and until then an appended
 * page is written once for each event in it but copied only once.
 */
export const checkpointPages = 4096;
