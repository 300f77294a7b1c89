import { about, type Finding, msText } from "./finding.ts";

const WARNING_MS = 1_000;
const FAULT_MS = 60_000;

/** @param theirs their time, in Unix milliseconds, asked for and answered at these times of this machine */
export function clockFinding(whose: string, theirs: number, askedAt: number, answeredAt: number): Finding {
  const { ok, warning, fault } = about("clock");
  const off = theirs < askedAt ? askedAt - theirs : Math.max(0, theirs - answeredAt);
  const text = `that of ${whose} differs by ${msText(off)} from this machine's`;
  const todo = "Keep both machines' clocks by NTP.";
  if (off > FAULT_MS) return fault(text, todo);
  return off > WARNING_MS ? warning(text, todo) : ok(text);
}
