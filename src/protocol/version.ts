/** The versions of the protocol that are spoken. */
export type Version = 2 | 3;

/** The WebSocket subprotocol by which a client asks for version 3. Who asks for none speaks version 2. */
export const SUBPROTOCOL_V3 = "classic-chatbox.v3";
