/** The client of the classic chat protocol, as Node and Bun load it. */
export * from "../client/index.ts";
export { Chat } from "./chat.ts";
