import { createHmac } from "node:crypto";
import { keyOfSecret, type Webhook } from "../../engine/webhook.ts";

/**
 * The headers by which a receiver knows that a delivery is genuine, as Standard Webhooks say
 * (https://www.standardwebhooks.com): an HMAC-SHA256 by each secret that is valid.
 *
 * @param id of the event, without a full stop
 * @param now Unix milliseconds
 */
export function signedHeaders(
  { secret, previous }: Pick<Webhook, "secret" | "previous">,
  id: string,
  body: string,
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const secrets = previous !== null && previous.until > now ? [secret, previous.secret] : [secret];
  const signatures = secrets.map((each) => {
    const signature = createHmac("sha256", keyOfSecret(each)).update(`${id}.${timestamp}.${body}`);
    return `v1,${signature.digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
