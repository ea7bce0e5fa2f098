/** What can be stored and hashed: the values of JSON, and bytes. Numbers are finite and never -0; map keys are strings. */
export type CanonicalValue =
	| null
	| boolean
	| number
	| string
	| Uint8Array
	| readonly CanonicalValue[]
	| { readonly [key: string]: CanonicalValue };
