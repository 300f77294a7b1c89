/** The versions of the protocol. */
export type Version = 2 | 3;

/** The WebSocket subprotocol by which a client asks for version 3. A client that asks for none speaks version 2. */
export const SUBPROTOCOL_V3 = "classic-chatbox.v3";
