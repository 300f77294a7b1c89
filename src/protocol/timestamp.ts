/** Templates of histories in the field: today's, that of the seed server's code, and that of its documentation. */
export const TIMESTAMP_DEFAULT = "DD/MM/YYYY HH:mm:ss";
const KNOWN_TEMPLATES = [TIMESTAMP_DEFAULT, "DD/MM/YYYY, HH:mm:ss", "DD/MM/YYYY HH/mmss"];

type Field = "year" | "month" | "day" | "hour" | "minute" | "second";

const TOKENS: Readonly<Record<string, readonly [field: Field, digits: number]>> = {
  YYYY: ["year", 4],
  MM: ["month", 2],
  DD: ["day", 2],
  HH: ["hour", 2],
  mm: ["minute", 2],
  ss: ["second", 2],
};
const TOKEN = /YYYY|MM|DD|HH|mm|ss/g;

/** Writes and reads the protocol's timestamps in one template and one time zone. */
export class TimestampFormat {
  readonly #template: string;
  readonly #zone: string;
  readonly #readers: readonly Reader[];
  #second = Number.NaN;
  #text = "";

  /**
   * @param template text in which `DD MM YYYY HH mm ss` are replaced by the parts of a time
   * @param zone an IANA time zone, such as `Asia/Ho_Chi_Minh`
   * @throws RangeError if the template has none of these tokens, or the zone is unknown
   */
  constructor(template: string, zone: string) {
    if (!template.match(TOKEN))
      throw new RangeError("a timestamp template needs at least one of DD MM YYYY HH mm ss");
    try {
      Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    } catch {
      throw new RangeError(`the time zone ${JSON.stringify(zone)} is not known`);
    }
    this.#template = template;
    this.#zone = zone;
    this.#readers = [...new Set([template, ...KNOWN_TEMPLATES])].map(readerOf);
  }

  /** The timestamp of a time in Unix milliseconds. */
  format(timeMs: number): string {
    const second = Math.floor(timeMs / 1000);
    // A busy room asks many times a second, and the answer is the same within a second.
    if (second !== this.#second) {
      const time = Temporal.Instant.fromEpochMilliseconds(second * 1000).toZonedDateTimeISO(this.#zone);
      this.#text = this.#template.replace(TOKEN, (token) => {
        const entry = TOKENS[token];
        return entry ? String(time[entry[0]]).padStart(entry[1], "0") : token;
      });
      this.#second = second;
    }
    return this.#text;
  }

  /**
   * The time of a timestamp in Unix milliseconds, by this format's own template or one known in the field; undefined if
   * none of them fits. Of two times that a clock change makes ambiguous, the earlier one.
   */
  parse(text: string): number | undefined {
    for (const read of this.#readers) {
      const fields = read(text);
      if (!fields) continue;
      try {
        return Temporal.PlainDateTime.from(fields, { overflow: "reject" }).toZonedDateTime(this.#zone)
          .epochMilliseconds;
      } catch {
        // By this template the day or hour does not exist: another template may fit.
      }
    }
    return undefined;
  }
}

type Fields = { year: number; month: number; day: number; hour: number; minute: number; second: number };
type Reader = (text: string) => Fields | undefined;

function readerOf(template: string): Reader {
  const order: Field[] = [];
  let pattern = "";
  let end = 0;
  for (const match of template.matchAll(TOKEN)) {
    const entry = TOKENS[match[0]];
    if (!entry) continue;
    pattern += `${escapeForRegExp(template.slice(end, match.index))}(\\d{${entry[1]}})`;
    order.push(entry[0]);
    end = match.index + match[0].length;
  }
  const whole = new RegExp(`^${pattern}${escapeForRegExp(template.slice(end))}$`);
  return (text) => {
    const match = whole.exec(text);
    if (!match) return undefined;
    const fields: Fields = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
    order.forEach((field, i) => {
      fields[field] = Number(match[i + 1]);
    });
    return fields;
  };
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
