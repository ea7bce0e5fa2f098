/** What a caller changes in how requests and responses are recorded. */
export interface HttpPolicy {
	/** Headers that are left out besides the usual ones. Names in any case. */
	readonly ignoreHeaders?: readonly string[];
	/** Headers that are kept although they are usually left out, such as `user-agent`, or `set-cookie` of a response. */
	readonly keepHeaders?: readonly string[];
	/** Fields of queries and forms whose values are left out besides the usual ones. */
	readonly ignoreParameters?: readonly string[];
}

/** Stands where a credential or an ignored value stood. */
export const leftOutText = "{{left out}}";

/** Whether a list of names holds one, whatever the case of either. */
export function namesInclude(names: readonly string[] | undefined, name: string): boolean {
	return names?.some((one) => one.toLowerCase() === name.toLowerCase()) ?? false;
}
