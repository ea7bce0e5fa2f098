/** One instruction of classic BPF, as `struct sock_filter` of the kernel's `linux/filter.h` holds it. */
export interface Instruction {
	readonly code: number;
	/** How many instructions to skip where the test holds, and where it does not. */
	readonly jumpTrue: number;
	readonly jumpFalse: number;
	readonly constant: number;
}

const comparisons = { equal: 0x15, atLeast: 0x35 } as const;

const plain = (code: number, constant: number): Instruction => ({ code, jumpTrue: 0, jumpFalse: 0, constant });

/** Loads a 32-bit word of `struct seccomp_data`. */
export const loadWord = (offset: number): Instruction => plain(0x20, offset);

/** Keeps the bits of the mask. */
export const mask = (bits: number): Instruction => plain(0x54, bits);

/** Skips instructions. */
export const jump = (distance: number): Instruction => plain(0x05, distance);

/** Skips instructions by a comparison with a constant. */
export const jumpIf = (
	comparison: keyof typeof comparisons,
	constant: number,
	jumpTrue: number,
	jumpFalse: number,
): Instruction => ({ code: comparisons[comparison], jumpTrue, jumpFalse, constant });

/** Ends the filter: the call goes ahead. */
export const allow: Instruction = plain(0x06, 0x7fff0000);

/** Ends the filter: the process is killed. */
export const killProcess: Instruction = plain(0x06, 0x80000000);

/** Ends the filter: the call fails with an error number. */
export const errno = (number: number): Instruction => plain(0x06, 0x00050000 | number);

/** Encodes a program as the kernel reads it on a little-endian machine, eight bytes an instruction. */
export function encodeProgram(program: readonly Instruction[]): Uint8Array {
	const bytes = new Uint8Array(program.length * 8);
	const view = new DataView(bytes.buffer);
	for (const [index, instruction] of program.entries()) {
		view.setUint16(index * 8, instruction.code, true);
		view.setUint8(index * 8 + 2, instruction.jumpTrue);
		view.setUint8(index * 8 + 3, instruction.jumpFalse);
		view.setUint32(index * 8 + 4, instruction.constant >>> 0, true);
	}
	return bytes;
}
