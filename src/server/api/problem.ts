/** Problem details (RFC 9457): how the API says that something was not done. */

/** The status of each reason that does not say by its beginning what it is. */
const STATUS_OF: Readonly<Record<string, number>> = {
  NotEnoughKey: 400,
  UnknownType: 400,
  TokenRefused: 401,
  ScopeMissing: 403,
  RoomNotAllowed: 403,
  OriginRefused: 403,
  HostRefused: 403,
  NotAllowed: 403,
  Banned: 403,
  Muted: 403,
  WritersOnly: 403,
  LinksNotAllowed: 403,
  WordNotAllowed: 403,
  // The server has the message; it is no fault of the sender's, and must not be sent again.
  Held: 202,
  UnknownPath: 404,
  UnknownRoom: 404,
  UnknownMessage: 404,
  UnknownTarget: 404,
  UnknownAction: 404,
  WrongMethod: 405,
  TooManyEdits: 409,
  TooManyReactions: 409,
  TooManyActions: 409,
  CommandTaken: 409,
  TooManyCommands: 409,
  TooLarge: 413,
  TooManyRequests: 429,
  SlowMode: 429,
};

/** The reasons of rejections that were made before the API was asked. */
const REASON_OF: Readonly<Record<number, string>> = {
  400: "WrongFormatRequest",
  403: "HostRefused",
  405: "WrongMethod",
  413: "TooLarge",
  429: "TooManyRequests",
};

export interface ProblemDetails {
  /** The protocol's word for it. */
  readonly reason: string;
  /** One sentence for a person. */
  readonly detail: string;
  /** Whole seconds until it may be tried again. */
  readonly retry?: number | undefined;
  /** When it ends by itself, in Unix milliseconds. */
  readonly until?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Something was not done. It is thrown where that turns out, and answered in one place. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly details: ProblemDetails;

  constructor(details: ProblemDetails) {
    super(details.detail);
    this.details = details;
  }

  get status(): number {
    const { reason } = this.details;
    if (reason.startsWith("WrongFormat")) return 400;
    if (reason.startsWith("ErrorWhen")) return 503;
    return STATUS_OF[reason] ?? 403;
  }

  response(): Response {
    const { reason, detail, retry, until, headers } = this.details;
    const { status } = this;
    const wait = retry ?? (status === 503 ? 5 : undefined);
    const body = {
      type: "about:blank",
      title: TITLES[status] ?? "Error",
      status,
      detail,
      reason,
      ...(retry === undefined ? {} : { retry }),
      ...(until === undefined ? {} : { until }),
    };
    return new Response(JSON.stringify(body), {
      status,
      headers: {
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
        ...(wait === undefined ? {} : { "Retry-After": String(wait) }),
        ...headers,
      },
    });
  }
}

const TITLES: Readonly<Record<number, string>> = {
  202: "Accepted",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** What was rejected before the API was asked, as a problem. */
export async function asProblem(rejection: Response): Promise<Response> {
  const { status, headers } = rejection;
  const detail = (await rejection.text()).trim();
  const [allow, wait] = [headers.get("Allow"), headers.get("Retry-After")];
  const problem = new Problem({
    reason: REASON_OF[status] ?? "ErrorWhenServing",
    detail,
    retry: wait === null ? undefined : Number(wait),
    headers: allow === null ? {} : { Allow: allow },
  });
  return problem.response();
}
