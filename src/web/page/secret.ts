/** What a link has brought along behind its `#`, where no server and no log sees it. */
export interface Secret {
  /** A person's key, the code of an owner's link, or a token of the host's login. */
  readonly kind: "key" | "owner" | "token";
  readonly value: string;
}

/** Takes the secret out of the address, so that nobody reads it there, copies it, or finds it in the browser's history. */
export function takeSecret(): Secret | null {
  const secret = secretOf(location.hash);
  if (secret) history.replaceState(history.state, "", location.pathname + location.search);
  return secret;
}

/** @param hash such as `#key=…`; those of links to messages have none */
export function secretOf(hash: string): Secret | null {
  const [, kind, value = ""] = /^#(key|owner|token)=(.+)$/s.exec(hash) ?? [];
  return kind === "key" || kind === "owner" || kind === "token" ? { kind, value } : null;
}
