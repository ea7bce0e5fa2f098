/** What the proxy of one command may take, each named with its unit. Beyond it a connection is refused or ended, and the record says so. */
export const networkLimits = {
	/** Connections of one command that are open at once. */
	connectionsMax: 64,
	/** Entries of one command's record; those after it are counted. */
	recordedMax: 256,
	/** Request line and headers together, bytes. */
	headerBytesMax: 16 * 1024,
	/** Headers of one request. */
	headersMax: 100,
	/** A client's first words in a TLS connection, bytes. */
	helloBytesMax: 64 * 1024,
	/** From a connection's beginning to the end of a request's headers, milliseconds. */
	headersMs: 10_000,
	/** Without a byte in either direction, milliseconds. */
	idleMs: 60_000,
	/** For finding the addresses of a name, milliseconds. */
	lookupMs: 5000,
	/** For reaching one address, the handshake of TLS included, milliseconds. */
	connectMs: 10_000,
	/** What one command may send and receive together, bytes. */
	transferBytesMax: 2 * 1024 ** 3,
	/** For the process that opens a port in a command's network to answer, milliseconds. */
	listenMs: 10_000,
} as const;
