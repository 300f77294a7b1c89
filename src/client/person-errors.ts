/** The errors about persons. */
import { ChatError, CLASSES } from "./errors.ts";

/**
 * The server does not know who the person is: nobody may do this without the host's login (`IdentityRequired`), the token is
 * over (`IdentityExpired`), was not accepted (`TokenRefused`) or could not be had (`TokenFailed`), the connection is another
 * person's already (`AnotherPerson`), there is neither a key nor a token (`UnknownPerson`), or the key is not valid
 * (`WrongFormatIdentity`).
 */
export class IdentityError extends ChatError {
  override readonly name = "IdentityError";
}

/**
 * A nickname was not reserved: the chat has another one, or a nickname to give up is somebody else's (`NotYourName`),
 * or as many are reserved as may be (`TooManyNames`).
 */
export class ReservationError extends ChatError {
  override readonly name = "ReservationError";
}

/** `UnknownCode`: the owner's code is wrong, over, or was used already. */
export class ClaimError extends ChatError {
  override readonly name = "ClaimError";
}

for (const code of [
  "IdentityRequired",
  "IdentityExpired",
  "TokenRefused",
  "TokenFailed",
  "AnotherPerson",
  "UnknownPerson",
  "WrongFormatIdentity",
])
  CLASSES[code] = IdentityError;
CLASSES.NotYourName = ReservationError;
CLASSES.TooManyNames = ReservationError;
CLASSES.UnknownCode = ClaimError;
