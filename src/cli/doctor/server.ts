/** What the running server says of itself, when it is asked with a token that lives for the moment. */
import type { StoredPeople } from "../../engine/stored-people.ts";
import { isLoopback } from "../../server/addresses.ts";
import { clockFinding } from "./clock.ts";
import { about, type Finding } from "./finding.ts";
import { ANY_CERTIFICATE, type Front } from "./front.ts";
import { hopFinding, SENT_ADDRESS } from "./hop.ts";

const TOKEN_LIVES_MS = 10 * 60 * 1000;
const WITHIN_MS = 10_000;
/** A server learns of a token within half a second. */
const TRIES = 8;
const TRY_EVERY_MS = 500;

/** What is read of the answer. */
interface Diagnosis {
  readonly version: string;
  readonly time: number;
  readonly address: string;
  readonly peer: string;
  readonly peerIsTrusted: boolean;
  readonly forwardedFor: string | null;
  readonly healthy: boolean;
  readonly connections: {
    readonly now: number;
    readonly most: number | null;
    readonly wanted: number | null;
  };
  readonly descriptors: { readonly now: number | null; readonly most: number | null };
  readonly limited: boolean;
}

/**
 * Asks the server behind the address, and judges the answer. For that a token is created beside the server's data, and revoked
 * at the end: strangers cannot ask.
 *
 * @param ownAddress the doctor's end of a connection to the address
 */
export async function serverFindings(
  front: Front,
  people: StoredPeople,
  ownAddress: string,
  version: string,
): Promise<Finding[]> {
  const { unknown } = about("server");
  const name = `doctor-${crypto.randomUUID().slice(0, 8)}`;
  const { token, secret } = await people.createToken({
    label: name,
    nickname: name,
    // Earlier servers know `read` and not the other.
    scopes: ["read", "diagnose"],
    rooms: [],
    isHook: false,
    expiresAt: Date.now() + TOKEN_LIVES_MS,
  });
  try {
    const askedAt = Date.now();
    const answer = await asked(front, secret);
    if (typeof answer === "string")
      return [
        unknown(
          `it cannot be asked through this address: ${answer}`,
          "Name the data or the database of this very server, by --data or --database-url.",
        ),
      ];
    return judged(answer, ownAddress, version, clockFinding("the server", answer.time, askedAt, Date.now()));
  } finally {
    await people.revokeToken(token.id);
  }
}

async function asked(front: Front, secret: string): Promise<Diagnosis | string> {
  let reason = "";
  for (let i = 0; i < TRIES; i++) {
    const reply = await fetch(new URL("api/v1/diagnosis", front.page), {
      headers: {
        Authorization: `Bearer ${secret}`,
        // The server would take this machine for a proxy, and say so in its log.
        ...(isLoopback(front.page.hostname) ? {} : { "X-Forwarded-For": SENT_ADDRESS }),
      },
      tls: ANY_CERTIFICATE,
      signal: AbortSignal.timeout(WITHIN_MS),
    }).catch((error: unknown) => error);
    if (!(reply instanceof Response)) return reply instanceof Error ? reply.message : String(reply);
    // The answer of our own server, whose shape its document promises.
    if (reply.ok) return (await reply.json()) as Diagnosis;
    reason = `HTTP ${reply.status}`;
    if (reply.status !== 401) break;
    await Bun.sleep(TRY_EVERY_MS);
  }
  return reason;
}

function judged(diagnosis: Diagnosis, ownAddress: string, version: string, clock: Finding): Finding[] {
  const { ok, warning, fault } = about("server");
  const { connections, descriptors } = diagnosis;
  const files = about("descriptors");
  const isShort =
    connections.most !== null && connections.wanted !== null && connections.most < connections.wanted;
  const open = `${descriptors.now ?? "?"} of ${descriptors.most ?? "?"} are open`;
  return [
    hopFinding(diagnosis, ownAddress),
    diagnosis.healthy
      ? ok(`it is well, with ${connections.now} connections`)
      : fault("it cannot store messages", "See its log."),
    ...(diagnosis.version === version
      ? []
      : [
          warning(
            `it is version ${diagnosis.version}, and this command is ${version}`,
            "Restart it, or use its own command.",
          ),
        ]),
    ...(diagnosis.limited
      ? []
      : [warning("it has no limits (--no-limits)", "Remove that before strangers come.")]),
    isShort
      ? files.warning(
          `${open}, so that there can be ${connections.most} connections instead of ${connections.wanted}`,
          "Raise ulimit -n (systemd: LimitNOFILE=65536), or lower --max-connections.",
        )
      : files.ok(open),
    clock,
  ];
}
