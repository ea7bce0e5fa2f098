export { recordedModel, retakeTools } from "@retake/adapters/openai-agents";
