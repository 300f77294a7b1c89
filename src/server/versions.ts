import { SUBPROTOCOL_V3, type Version } from "../protocol/version.ts";

/** What a version of the protocol has besides its frames. */
interface VersionFeatures {
  /** Whether its connections can be resumed. */
  readonly hasSessions: boolean;
  /** Whether its clients may take compressed messages. */
  readonly hasCompression: boolean;
}

export const VERSIONS: Readonly<Record<Version, VersionFeatures>> = {
  2: { hasSessions: false, hasCompression: false },
  3: { hasSessions: true, hasCompression: true },
};

/** Other names that begin so are of versions that this server does not speak. */
const OWN_SUBPROTOCOLS = "classic-chatbox.";

/**
 * The version to speak with a client, and the subprotocol to confirm, null for none.
 *
 * A client that offers only unknown subprotocols speaks version 2, and gets the first of them confirmed, because browsers
 * give up a connection whose offer is left unanswered. A later version of this protocol is not confirmed: the client would
 * then expect the server to speak it.
 *
 * @param offered the header `Sec-WebSocket-Protocol`, null for none
 */
export function negotiate(offered: string | null): {
  readonly version: Version;
  readonly subprotocol: string | null;
} {
  const names = (offered ?? "").split(",").map((name) => name.trim());
  if (names.includes(SUBPROTOCOL_V3)) return { version: 3, subprotocol: SUBPROTOCOL_V3 };
  const foreign = names.find((name) => name !== "" && !name.startsWith(OWN_SUBPROTOCOLS));
  return { version: 2, subprotocol: foreign ?? null };
}
