export {
	type ConfirmCommits,
	createServerFactory,
	type McpServerFactory,
	type McpServerOptions,
} from "./create-server-factory.ts";
export { OpenSessions } from "./open-sessions.ts";
export { type HttpService, type HttpServiceOptions, serveHttp } from "./serve-http.ts";
export { type StdioService, serveStreams } from "./serve-streams.ts";
