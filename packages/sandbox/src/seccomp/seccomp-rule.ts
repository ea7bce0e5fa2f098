/**
 * One comparison of an argument's low 32 bits. The kernel reads the arguments compared here as 32 bits or less, so that
 * looking at the high half would let a caller smuggle a value past.
 */
export interface ArgumentTest {
	/** Position of the argument, from 0. */
	readonly argument: number;
	readonly mask: number;
	/** What the masked argument must be. */
	readonly equals: number;
}

/** One rule of the profile: calls by name, why, and what becomes of them. */
export type SeccompRule =
	| { readonly kind: "allow"; readonly reason: string; readonly names: readonly string[] }
	| { readonly kind: "deny"; readonly reason: string; readonly names: readonly string[]; readonly errno: number }
	| {
			readonly kind: "allow-when";
			readonly reason: string;
			readonly name: string;
			/** Allowed where all tests of any one row hold. */
			readonly anyOf: readonly (readonly ArgumentTest[])[];
			/** The error number where none does. */
			readonly otherwise: number;
	  }
	| {
			readonly kind: "allow-unless";
			readonly reason: string;
			readonly name: string;
			readonly argument: number;
			/** Values of the argument's low 32 bits that are refused. */
			readonly noneOf: readonly number[];
			readonly otherwise: number;
	  };

/** A whole profile. Each call is named by at most one rule. */
export interface SeccompProfile {
	readonly rules: readonly SeccompRule[];
	/** The error number of a call that no rule names. */
	readonly otherwise: number;
}
