/** Names one connection for as long as it is in a room. */
export type ConnectionId = string;
