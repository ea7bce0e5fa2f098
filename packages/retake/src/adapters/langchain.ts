export { recordedChatModel, retakeTools } from "@retake/adapters/langchain";
