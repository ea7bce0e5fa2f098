import { proxyPort } from "@retake/sandbox";
import type { Upstream } from "./upstream.ts";

/** The upstreams that every recorded command has, under the addresses that their own clients use. */
export const defaultUpstreams: Readonly<Record<string, string>> = {
	openai: "https://api.openai.com",
	anthropic: "https://api.anthropic.com",
};

/** What a client is given as its key: it wants one, and the true one stays outside. */
const placeholderKey = "retake-holds-the-key";

/** Returns the variables by which clients find the proxy: NAME_BASE_URL and NAME_API_KEY for each upstream. */
export function commandEnvironment(upstreams: readonly Pick<Upstream, "name">[]): Readonly<Record<string, string>> {
	return Object.fromEntries(
		upstreams.flatMap(({ name }) => {
			const variable = name.toUpperCase().replaceAll("-", "_");
			// OpenAI's clients alone take the version for a part of the base.
			const base = `http://127.0.0.1:${proxyPort}/${name}${name === "openai" ? "/v1" : ""}`;
			return [
				[`${variable}_BASE_URL`, base],
				[`${variable}_API_KEY`, placeholderKey],
			];
		}),
	);
}

/** Returns the header in which an upstream expects its key. */
export function credentialFor(name: string, key: string): Upstream["credential"] {
	return name === "anthropic"
		? { header: "x-api-key", value: key }
		: { header: "authorization", value: `Bearer ${key}` };
}
