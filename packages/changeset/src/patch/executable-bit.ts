/** Tells whether git takes a file with these permission bits for executable. */
export function isExecutable(mode: number): boolean {
	return (mode & 0o100) !== 0;
}

/** Sets or clears the executable bits, set for whoever may read, as a patch does; the other bits stay. */
export function withExecutable(mode: number, executable: boolean): number {
	if (isExecutable(mode) === executable) return mode;
	return executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111;
}
