export { recordedChatModel } from "./langchain/recorded-chat-model.ts";
export { retakeTools } from "./langchain/retake-tools.ts";
