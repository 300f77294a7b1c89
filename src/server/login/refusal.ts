/** Why a login is refused. */
export type RefusalReason =
  | "malformed"
  | "bad-signature"
  | "unknown-key"
  | "expired"
  | "not-yet-valid"
  | "wrong-audience"
  | "wrong-issuer"
  | "bad-claims"
  /** The keys cannot be had at the moment; the same token may be accepted later. */
  | "unavailable";

const SENTENCES: Readonly<Record<RefusalReason, string>> = {
  malformed: "The login is not a signed token that this chat can read.",
  "bad-signature": "The signature of the login is wrong.",
  "unknown-key": "The login is signed with a key that this chat does not know.",
  expired: "The login has expired.",
  "not-yet-valid": "The login is not valid yet.",
  "wrong-audience": "The login is for another service.",
  "wrong-issuer": "The login is from another site.",
  "bad-claims": "The login does not say who it is for.",
  unavailable: "The login cannot be checked now. Please try again later.",
};

/** A token that is not accepted. The message is one sentence for a person, and quotes nothing of the token. */
export class LoginRefusal extends Error {
  override readonly name = "LoginRefusal";
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, sentence = SENTENCES[reason]) {
    super(sentence);
    this.reason = reason;
  }
}
