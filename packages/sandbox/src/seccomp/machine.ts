/** A processor architecture that the filter knows: its name in Node, its audit number, its column in the table of numbers. */
export interface Machine {
	readonly name: "x64" | "arm64";
	/** `AUDIT_ARCH_…` of the kernel's `linux/audit.h`. */
	readonly auditArchitecture: number;
	readonly column: 0 | 1;
	/** Call numbers from here on belong to another ABI (x32) and are refused. */
	readonly foreignFrom: number | null;
}

/** The architectures that the filter can be compiled for, by Node's `process.arch`. */
export const machines: Readonly<Record<Machine["name"], Machine>> = {
	x64: { name: "x64", auditArchitecture: 0xc000003e, column: 0, foreignFrom: 0x40000000 },
	arm64: { name: "arm64", auditArchitecture: 0xc00000b7, column: 1, foreignFrom: null },
};

/** Returns the machine for one of Node's names of architectures, or null where there is no filter for it. */
export function machineOf(architecture: string): Machine | null {
	return architecture === "x64" || architecture === "arm64" ? machines[architecture] : null;
}
