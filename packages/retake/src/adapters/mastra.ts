export { type MastraSessionTool, recordingMiddleware, retakeTools } from "@retake/adapters/mastra";
