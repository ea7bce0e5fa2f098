export { recordingMiddleware } from "./mastra/recording-middleware.ts";
export { type MastraSessionTool, retakeTools } from "./mastra/retake-tools.ts";
