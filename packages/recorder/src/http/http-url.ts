import { RetakeError } from "@retake/base";
import { type HttpPolicy, leftOutText, namesInclude } from "./http-policy.ts";

/** Fields of queries and forms that carry credentials, or signatures that are new with each request. */
const credentialParameters = new Set(
	[
		"api_key apikey api-key access_token refresh_token id_token token auth auth_token client_secret client_assertion password passwd secret",
		"sig signature x-amz-signature x-amz-credential x-amz-security-token x-amz-date x-goog-signature x-goog-credential x-goog-date",
	]
		.join(" ")
		.split(" "),
);

/** Google's keys travel as `key`, which elsewhere names anything. */
const googleKeyPattern = /^AIza[\w-]{20,}$/;

/**
 * Returns a URL as it is recorded: normalised, without user, password and fragment, the values of credentials replaced. Fields keep their
 * order. Throws `USAGE` for what is no absolute URL.
 */
export function canonicalUrl(text: string, policy: HttpPolicy): string {
	if (!URL.canParse(text)) throw new RetakeError("USAGE", "a request's URL is not absolute", { sort: "misuse" });
	const url = new URL(text);
	url.username = "";
	url.password = "";
	url.hash = "";
	// Only a query with something to leave out is written anew: writing it would respell what is in it.
	const fields = canonicalFields([...url.searchParams], policy);
	if (fields.some(([, value]) => value === leftOutText)) url.search = new URLSearchParams(fields).toString();
	return url.href;
}

/** Returns the fields of a query or a form with the values of credentials replaced. */
export function canonicalFields(
	fields: readonly (readonly [string, string])[],
	policy: HttpPolicy,
): [name: string, value: string][] {
	return fields.map(([name, value]) => [name, isLeftOut(name, value, policy) ? leftOutText : value]);
}

function isLeftOut(name: string, value: string, policy: HttpPolicy): boolean {
	const isGoogleKey = name === "key" && googleKeyPattern.test(value);
	return isGoogleKey || credentialParameters.has(name.toLowerCase()) || namesInclude(policy.ignoreParameters, name);
}
