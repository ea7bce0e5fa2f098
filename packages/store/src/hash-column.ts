/** Turns an id of 64 hexadecimal digits into the 32 bytes that a column holds. */
export function toColumn(id: string): Buffer {
	return Buffer.from(id, "hex");
}

/** Turns the 32 bytes of a column into an id. */
export function fromColumn<Id extends string>(bytes: Uint8Array): Id {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex") as Id;
}
