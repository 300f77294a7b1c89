/** `report`: somebody tells the moderators of a room about a message or a person. Of version 3. */
import type { Reader } from "../reader.ts";
import type { RefusedAnswer } from "./answer.ts";
import { readReason, readTarget, type Target, type TargetKeys } from "./moderate.ts";

// What travels.

export interface ReportRequest extends TargetKeys {
  type: "report";
  reason?: string;
}

export interface ReportedReply {
  type: "report";
  status: true;
}

export type ReportRefusedReply = RefusedAnswer<
  "report",
  "WrongFormatReport" | "UnknownRegister" | "UnknownTarget" | "TooManyReports" | "ErrorWhenReport"
>;

// How it is read.

/** `report` is null if the request is malformed. */
export interface ParsedReport {
  readonly kind: "report";
  readonly report: { readonly target: Target; readonly reason: string } | null;
}

export const reportReader: Reader<"report", ParsedReport> = {
  since: 3,
  read(value) {
    const target = readTarget(value);
    const reason = readReason(value);
    const report = target && reason !== undefined ? { target, reason } : null;
    return { kind: "report", request: { kind: "report", report } };
  },
};
