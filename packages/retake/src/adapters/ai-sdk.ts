export { recordingMiddleware, retakeTools, type SessionToolSet, sandboxOf } from "@retake/adapters/ai-sdk";
