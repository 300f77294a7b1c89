/** What can be seen from outside, through the operator's URL: the certificate, the upgrade, origins, idle connections. */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:tls";
import { errorReason } from "../../engine/local/fault.ts";
import { SUBPROTOCOL_V3 } from "../../protocol/version.ts";
import { isLoopback } from "../../server/addresses.ts";
import { isRenewalLate } from "../../server/tls/certificate.ts";
import type { ChatAddress } from "../../terminal/address.ts";
import { clockFinding } from "./clock.ts";
import { about, type Finding, msText } from "./finding.ts";

const ANSWER_WITHIN_MS = 10_000;
/** Names of this kind exist nowhere (RFC 2606). */
const STRANGE_ORIGIN = "https://doctor.invalid";

/** Bun's own sockets take headers, which those of browsers do not. */
const BunSocket = WebSocket as unknown as new (url: string, options: Bun.WebSocketOptions) => WebSocket;

/** The chat, as it is addressed. */
export interface Front {
  /** The page of the main room, with a slash at its end. */
  readonly page: URL;
  /** The WebSocket of the main room. */
  readonly socket: string;
  /** What pages of this address send as their origin. */
  readonly origin: string;
}

export function frontOf({ chat }: ChatAddress): Front {
  const page = new URL(`${chat.replace(/^ws/, "http")}/`);
  return { page, socket: `${chat}/`, origin: page.origin };
}

/** Certificates are judged by themselves; what is behind one that is wrong is worth knowing as well. */
export const ANY_CERTIFICATE = { rejectUnauthorized: false } as const;

export async function certificateFinding({ page }: Front): Promise<Finding> {
  const { ok, warning, fault } = about("certificate");
  if (page.protocol === "http:") {
    return isLoopback(page.hostname)
      ? ok("none is needed on this machine")
      : warning(
          "everybody on the way can read what is said, since the address begins with http",
          "Use --tls-cert and --tls-key, or a TLS proxy.",
        );
  }
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const host = page.hostname.replace(/^\[(.*)\]$/, "$1");
  const socket = connect(
    {
      host,
      port: Number(page.port || 443),
      ...(/[a-z]/i.test(host) ? { servername: host } : {}),
      ...ANY_CERTIFICATE,
    },
    () => {
      const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
      const isLate = isRenewalLate({ validFrom: new Date(from), validTo: new Date(to) }, Date.now());
      if (!socket.authorized)
        resolve(
          fault(
            `browsers do not accept it (${socket.authorizationError})`,
            "Use one of a public issuer, for this name, and put those that lead to its issuer behind it.",
          ),
        );
      else if (isLate) resolve(warning(`it ends soon, on ${to}`, "See why it is not renewed."));
      else resolve(ok(`browsers accept it, until ${to}`));
    },
  );
  socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy(new Error("no answer")));
  socket.on("error", (error) =>
    resolve(
      fault(`the TLS handshake fails: ${errorReason(error)}`, "See the log of the proxy or the server."),
    ),
  );
  return promise.finally(() => socket.destroy());
}

/** What came of an attempt to upgrade. */
export interface Upgraded {
  /** Of the answer; 101 if there is a WebSocket now. Null: there was no answer. */
  readonly status: number | null;
  readonly ms: number;
  /** The doctor's end of the connection. */
  readonly ownAddress: string;
  /** Why there was no answer. */
  readonly reason: string;
}

/** Tries an upgrade, as a page of an origin does, and leaves. */
export function upgrade({ page }: Front, origin: string): Promise<Upgraded> {
  const { promise, resolve } = Promise.withResolvers<Upgraded>();
  const begunAt = performance.now();
  const send = page.protocol === "https:" ? httpsRequest : httpRequest;
  let ownAddress = "";
  const end = (status: number | null, reason = "") =>
    resolve({ status, reason, ownAddress, ms: performance.now() - begunAt });
  const request = send(page, {
    ...ANY_CERTIFICATE,
    headers: {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64"),
      Origin: origin,
    },
  });
  request.on("upgrade", (response, socket) => {
    ownAddress = (socket as typeof response.socket).localAddress ?? "";
    socket.destroy();
    end(response.statusCode ?? null);
  });
  request.on("response", (response) => {
    response.destroy();
    end(response.statusCode ?? null);
  });
  request.on("error", (error) => end(null, errorReason(error)));
  request.setTimeout(ANSWER_WITHIN_MS, () => request.destroy(new Error("no answer within 10 s")));
  request.end();
  return promise;
}

export function upgradeFinding({ status, ms, reason }: Upgraded, { origin }: Front): Finding {
  const { ok, fault } = about("WebSocket");
  switch (status) {
    case 101:
      return ok(`the upgrade takes ${msText(ms)}`);
    case null:
      return fault(
        `there is no answer: ${reason}`,
        "Check the address, the firewall, and that the server runs.",
      );
    case 403:
      return fault(`pages of ${origin} may not connect`, `Start the server with --allow-origin ${origin}.`);
    case 404:
      return fault("there is no room at this address", "Check the path, and --base-path.");
    case 429:
      return fault("this address has too many connections or requests", "Try again later.");
    case 502:
    case 503:
    case 504:
      return fault(
        `the proxy does not reach the server (HTTP ${status})`,
        "Check that the server runs, and where the proxy sends requests.",
      );
    default:
      return fault(
        `the upgrade is answered with HTTP ${status}`,
        "The proxy does not pass it on. nginx: proxy_http_version 1.1, and the headers Upgrade and Connection.",
      );
  }
}

/** Whether a page of another site may connect. */
export function strangeOriginFinding({ status }: Upgraded): Finding {
  const { ok, warning, unknown } = about("origins");
  if (status === 403) return ok("pages of other sites may not connect");
  if (status === 101)
    return warning("pages of any site may connect", "Name yours by --allow-origin, unless you want that.");
  return unknown("a page of another site got no clear answer");
}

export const strangeUpgrade = (front: Front) => upgrade(front, STRANGE_ORIGIN);

/** Whether strangers can read the metrics. */
export async function metricsFinding({ page }: Front): Promise<Finding> {
  const { ok, warning, unknown } = about("metrics");
  try {
    const reply = await fetch(new URL("metrics", page), {
      tls: ANY_CERTIFICATE,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return (await reply.text()).includes("chatbox_") && !isLoopback(page.hostname)
      ? warning("everybody can read /metrics", "Have the proxy answer it with 404.")
      : ok("strangers cannot read /metrics");
  } catch (error) {
    return unknown(`/metrics gave no answer: ${errorReason(error)}`);
  }
}

/** What the answers of the proxy, or of the server, say of their clock. */
export async function dateFinding({ page }: Front): Promise<Finding> {
  const { unknown } = about("clock");
  try {
    const askedAt = Date.now();
    const reply = await fetch(page, { tls: ANY_CERTIFICATE, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const answeredAt = Date.now();
    await reply.body?.cancel();
    const date = Date.parse(reply.headers.get("Date") ?? "");
    if (Number.isNaN(date)) return unknown("the answers have no date by which to compare it");
    // The header has whole seconds.
    return clockFinding("the answers", date, askedAt - 1000, answeredAt);
  } catch (error) {
    return unknown(`the page gave no answer: ${errorReason(error)}`);
  }
}

/** How long it takes until somebody is in the chat, and whether an idle connection lives. */
export async function idleFindings(front: Front, idleMs: number): Promise<Finding[]> {
  const first = about("first frame");
  const idle = about("idle");
  const begunAt = performance.now();
  const since = () => performance.now() - begunAt;
  const { promise: opened, resolve: isOpened } = Promise.withResolvers<number | null>();
  const { promise: closed, resolve: isClosed } = Promise.withResolvers<string>();
  let lastAt = 0;
  let longest = 0;
  const options: Bun.WebSocketOptions = {
    protocols: [SUBPROTOCOL_V3],
    headers: { Origin: front.origin },
    tls: ANY_CERTIFICATE,
  };
  const socket = new BunSocket(front.socket, options);
  socket.onmessage = () => {
    isOpened(since());
    longest = Math.max(longest, since() - lastAt);
    lastAt = since();
  };
  socket.onclose = ({ code, reason }) => {
    isOpened(null);
    isClosed(`${code} ${reason}`.trim());
  };
  const timer = setTimeout(() => isOpened(null), ANSWER_WITHIN_MS);
  try {
    const openedMs = await opened;
    if (openedMs === null)
      return [
        first.fault(
          "the connection brings nothing",
          "The proxy keeps back what the server sends: turn buffering off.",
        ),
      ];
    const welcome = first.ok(`it comes ${msText(openedMs)} after the beginning of the connection`);
    const end = await Promise.race([closed, Bun.sleep(idleMs).then(() => null)]);
    if (end !== null)
      return [
        welcome,
        idle.fault(
          `a connection on which nothing is said is closed after ${msText(since())} (${end})`,
          "Raise the time-out of the proxy for idle connections above 20 s (nginx: proxy_read_timeout).",
        ),
      ];
    const silence = Math.max(longest, since() - lastAt);
    return [
      welcome,
      silence > 2 * HEARTBEAT_MS
        ? idle.warning(
            `the server's heartbeats come up to ${msText(silence)} apart instead of ${msText(HEARTBEAT_MS)}`,
            "The proxy keeps them back, or the server or the network is overloaded.",
          )
        : idle.ok(`a connection on which nothing is said lives for ${msText(idleMs)} at least`),
    ];
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** The server writes to every client this often. */
const HEARTBEAT_MS = 5_000;
