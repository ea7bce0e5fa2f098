/** Gives the time that this process has kept processors busy, in milliseconds: other programs of the machine do not count. */
export function processorMs(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}
