export { recordedModel } from "./openai-agents/recorded-model.ts";
export { retakeTools } from "./openai-agents/retake-tools.ts";
