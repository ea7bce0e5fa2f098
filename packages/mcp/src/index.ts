export {
	type ConfirmCommits,
	createServerFactory,
	type McpServerFactory,
	type McpServerOptions,
} from "./create-server-factory.ts";
export { OpenSessions } from "./open-sessions.ts";
export { type ConversationOptions, converse } from "./proxy/converse.ts";
export { playConversation } from "./proxy/play-conversation.ts";
export { ServerLink } from "./proxy/server-link.ts";
export { type ServerAddress, transportTo } from "./proxy/transport-to.ts";
export { type HttpService, type HttpServiceOptions, serveHttp } from "./serve-http.ts";
export { type ClientStreams, type StdioService, serveStreams, streamTransport } from "./serve-streams.ts";
