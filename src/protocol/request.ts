import { type Ref, readRef } from "./extension.ts";
import { claimReader, type ParsedClaim } from "./kinds/claim.ts";
import { commandsReader, type ParsedCommands } from "./kinds/commands.ts";
import { deleteReader, type ParsedDelete } from "./kinds/delete.ts";
import { editReader, type ParsedEdit } from "./kinds/edit.ts";
import { enterReader, type ParsedEnter } from "./kinds/enter.ts";
import { getReader, type ParsedGet } from "./kinds/get.ts";
import { healthReader, type ParsedHealth } from "./kinds/health.ts";
import { identifyReader, type ParsedIdentify } from "./kinds/identify.ts";
import { mineReader, type ParsedMine } from "./kinds/mine.ts";
import { moderateReader, type ParsedModerate } from "./kinds/moderate.ts";
import { nameReader, type ParsedName } from "./kinds/name.ts";
import { type ParsedReact, reactReader } from "./kinds/react.ts";
import { type ParsedReport, reportReader } from "./kinds/report.ts";
import { type ParsedReserve, reserveReader } from "./kinds/reserve.ts";
import { type ParsedResume, resumeReader } from "./kinds/resume.ts";
import { type ParsedReview, reviewReader } from "./kinds/review.ts";
import { type ParsedRoom, roomReader } from "./kinds/room.ts";
import { type ParsedSend, sendReader } from "./kinds/send.ts";
import { type ParsedTokens, tokensReader } from "./kinds/tokens.ts";
import { type ParsedTyping, typingReader } from "./kinds/typing.ts";
import { type Reader, type Reading, UNREADABLE } from "./reader.ts";
import type { RequestKind } from "./request-kind.ts";
import { isKeyOf } from "./table.ts";
import type { Version } from "./version.ts";

/** What a frame of each kind is read as. */
interface ParsedByKind {
  readonly name: ParsedName;
  readonly get: ParsedGet;
  readonly send: ParsedSend;
  readonly resume: ParsedResume;
  readonly typing: ParsedTyping;
  readonly edit: ParsedEdit;
  readonly delete: ParsedDelete;
  readonly react: ParsedReact;
  readonly identify: ParsedIdentify;
  readonly reserve: ParsedReserve;
  readonly claim: ParsedClaim;
  readonly moderate: ParsedModerate;
  readonly room: ParsedRoom;
  readonly report: ParsedReport;
  readonly review: ParsedReview;
  readonly enter: ParsedEnter;
  readonly mine: ParsedMine;
  readonly commands: ParsedCommands;
  readonly tokens: ParsedTokens;
  readonly health: ParsedHealth;
}

/** A request that is whole enough to be put before the room. */
export type Request = ParsedByKind[RequestKind];

/** A frame that was read: a request, or the refusal to send back. */
export type Parsed = { readonly ref?: Ref | undefined } & Reading<RequestKind, Request>;

const READERS: { readonly [K in RequestKind]: Reader<K, ParsedByKind[K]> } = {
  name: nameReader,
  get: getReader,
  send: sendReader,
  resume: resumeReader,
  typing: typingReader,
  edit: editReader,
  delete: deleteReader,
  react: reactReader,
  identify: identifyReader,
  reserve: reserveReader,
  claim: claimReader,
  moderate: moderateReader,
  room: roomReader,
  report: reportReader,
  review: reviewReader,
  enter: enterReader,
  mine: mineReader,
  commands: commandsReader,
  tokens: tokensReader,
  health: healthReader,
};

const UNKNOWN: Parsed = { kind: null, refusal: { reason: "UnknownType" } };

/**
 * Reads one frame. Never throws.
 *
 * @param version what its sender speaks: kinds and keys of later versions mean nothing in it
 */
export function parseRequest(frame: string, version: Version): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return UNREADABLE;
  }
  if (typeof value !== "object" || value === null) return UNKNOWN;
  const parsed = readObject(value, frame, version);
  const ref = version === 2 ? undefined : readRef(value);
  return ref === undefined ? parsed : { ...parsed, ref };
}

function readObject(value: object, frame: string, version: Version): Parsed {
  // The seed's text calls the discriminator `data`; every client in the field sends `type`.
  const kind: unknown = "type" in value ? value.type : "data" in value ? value.data : undefined;
  if (!isKeyOf(READERS, kind)) return UNKNOWN;
  const reader = READERS[kind];
  return version < reader.since ? UNKNOWN : reader.read(value, frame, version);
}
