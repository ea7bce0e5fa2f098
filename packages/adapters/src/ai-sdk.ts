export { recordingMiddleware } from "./ai-sdk/recording-middleware.ts";
export { retakeTools, type SessionToolSet } from "./ai-sdk/retake-tools.ts";
export { sandboxOf } from "./ai-sdk/sandbox-of.ts";
