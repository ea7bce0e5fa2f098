/** The port inside on which a command reaches the proxy. The same everywhere, so that the environment is; on a shared loopback the first of some. */
export const proxyPort = 3128;

/** Where the throw-away authority's certificate lies inside, alone and together with those that everybody trusts. */
export const certificateFiles = {
	own: "/etc/retake/authority.pem",
	all: "/etc/retake/authorities.pem",
} as const;

/** Returns the variables by which programs find the proxy on a port; with `intercepts` also those by which they find whom to trust. */
export function networkEnvironment(port: number, intercepts: boolean): Readonly<Record<string, string>> {
	const proxy = `http://127.0.0.1:${port}`;
	const own = "localhost,127.0.0.1,::1";
	const names = ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
	return {
		...Object.fromEntries(names.map((name) => [name, proxy])),
		no_proxy: own,
		NO_PROXY: own,
		// Node's own fetch and http look at the variables above only where this one is set.
		NODE_USE_ENV_PROXY: "1",
		...(intercepts ? trust : {}),
	};
}

const trust: Readonly<Record<string, string>> = {
	NODE_EXTRA_CA_CERTS: certificateFiles.own,
	DENO_CERT: certificateFiles.own,
	...Object.fromEntries(
		[
			...["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", "AWS_CA_BUNDLE"],
			...["CARGO_HTTP_CAINFO", "npm_config_cafile"],
		].map((name) => [name, certificateFiles.all]),
	),
};
