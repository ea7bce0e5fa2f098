/** Bytes of one request's body, as sent and decoded: it is held whole, for what it asks is known only at its end. */
export const requestBodyBytesMax = 64 * 1024 ** 2;

/** Bytes of one response's body, as they are recorded. */
export const responseBodyBytesMax = 256 * 1024 ** 2;

/** Bytes of the heads of one message. */
export const headBytesMax = 64 * 1024;

/** Milliseconds in which an upstream must take a connection. */
export const connectTimeoutMs = 30_000;

/** Milliseconds for which an upstream may say nothing: a model thinks for minutes. */
export const upstreamSilenceMs = 600_000;

/** Milliseconds for which a connection of the process may lie idle. As long as a command may last: an earlier end would race with its next request. */
export const idleConnectionMs = 3_600_000;

/** Milliseconds that a response recorded as cancelled waits for the process to go away again. */
export const cancellationTimeoutMs = 2_000;

/** Requests that no recorded exchange answers, and refusals, that are kept for the report. */
export const missesMax = 100;
