import { afterAll, expect, test } from "bun:test";
import type { Message } from "../../src/client/index.ts";
import { fieldOfDay, startOfDay } from "../../src/web/text/date-field.ts";
import { dayOf, isOneGroup, timesIn } from "../../src/web/text/times.ts";
import { transcriptJson, transcriptText } from "../../src/web/text/transcript.ts";
import { en } from "../../src/web/words/en.ts";

const zone = process.env.TZ;

afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

test.each([
  // The clocks go forward on the 29th: it has 23 hours.
  ["Europe/Berlin", "2026-03-30T00:30", "2026-03-29T00:10", "2026-03-28T23:50"],
  ["Europe/Berlin", "2026-03-30T23:59", "2026-03-29T23:59", "2026-03-28T12:00"],
  // They go back on the 25th: it has 25 hours.
  ["Europe/Berlin", "2026-10-26T00:30", "2026-10-25T00:10", "2026-10-24T23:50"],
  ["Europe/Berlin", "2026-10-25T23:50", "2026-10-24T00:10", "2026-10-23T23:50"],
  // At midnight there, and by half an hour.
  ["Africa/Cairo", "2026-04-24T01:30", "2026-04-23T00:30", "2026-04-22T23:59"],
  ["Africa/Cairo", "2026-04-25T00:30", "2026-04-24T01:00", "2026-04-23T23:50"],
  ["Australia/Lord_Howe", "2026-04-06T00:10", "2026-04-05T00:10", "2026-04-04T23:50"],
  ["Australia/Lord_Howe", "2026-10-05T00:10", "2026-10-04T00:10", "2026-10-03T23:50"],
  ["Asia/Kathmandu", "2026-03-01T00:05", "2026-02-28T00:05", "2026-02-27T23:55"],
  ["America/St_Johns", "2026-01-01T00:05", "2025-12-31T00:05", "2025-12-30T23:55"],
])("in %s at %s, yesterday is the calendar's: %s is, and %s is not", (timeZone, now, yesterday, before) => {
  process.env.TZ = timeZone;
  const times = timesIn(en, 24);
  const day = (time: string) => times.day(new Date(time).getTime(), new Date(now).getTime());
  expect([day(now), day(yesterday)]).toEqual(["Today", "Yesterday"]);
  expect(day(before)).toMatch(/^\w+day, .*20\d\d$/);
});

test("times of one day have one number, in whatever zone, and those of another day another", () => {
  for (const timeZone of ["Asia/Kathmandu", "Pacific/Kiritimati", "America/St_Johns"]) {
    process.env.TZ = timeZone;
    const dayAt = (time: string) => dayOf(new Date(time).getTime());
    expect(dayAt("2026-06-01T00:00")).toBe(dayAt("2026-06-01T23:59:59.999"));
    expect(dayAt("2026-06-01T00:00")).not.toBe(dayAt("2026-05-31T23:59:59.999"));
  }
});

test("a date field has the days of the reader's time zone, and each begins with its first moment, also where the clocks skip midnight", () => {
  for (const [timeZone, field, start] of [
    ["Asia/Ho_Chi_Minh", "2026-11-26", "2026-11-25T17:00Z"],
    ["America/St_Johns", "0987-01-02", "0987-01-02T03:30:52Z"],
    // There is no midnight that day.
    ["Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"],
    // There are two, and the day before has the first.
    ["America/Havana", "2026-11-01", "2026-11-01T04:00Z"],
  ] as const) {
    process.env.TZ = timeZone;
    const time = startOfDay(field) ?? Number.NaN;
    expect([timeZone, time]).toEqual([timeZone, Date.parse(start)]);
    expect(fieldOfDay(time)).toBe(field);
    expect(fieldOfDay(time - 1)).not.toBe(field);
  }
  expect(["", "275761-01-01", "tomorrow"].map(startOfDay)).toEqual([null, null, null]);
});

test("messages of one author belong together for five minutes, whatever the minute, and not over midnight", () => {
  process.env.TZ = "Asia/Ho_Chi_Minh";
  const at = (time: string) => new Date(time).getTime();
  expect(isOneGroup(at("2026-06-01T10:00:59"), at("2026-06-01T10:01:01"))).toBe(true);
  expect(isOneGroup(at("2026-06-01T10:00:00"), at("2026-06-01T10:04:59"))).toBe(true);
  expect(isOneGroup(at("2026-06-01T10:00:00"), at("2026-06-01T10:05:00"))).toBe(false);
  expect(isOneGroup(at("2026-06-01T23:59:59"), at("2026-06-02T00:00:01"))).toBe(false);
  expect(isOneGroup(null, at("2026-06-01T10:00:00"))).toBe(false);
});

test("a transcript names author and time of each message and the day, and no message looks like several", () => {
  process.env.TZ = "Asia/Ho_Chi_Minh";
  const messages: Message[] = [
    ["2026-06-01T10:00", "An", "hi"],
    ["2026-06-01T10:01", "Bình", "`x`\n[10:01] An: I owe you"],
    ["2026-06-02T09:00", "An", "next day"],
  ].map(([time = "", name = "", content = ""], id) => ({
    id,
    name,
    content,
    timestamp: "",
    time: new Date(time).getTime(),
  }));
  const times = timesIn(en, 24);
  expect(transcriptText(messages, times, "    ").split("\n")).toEqual([
    "Monday, June 1, 2026",
    "",
    "[10:00] An: hi",
    "[10:01] Bình: `x`",
    "    [10:01] An: I owe you",
    "",
    "Tuesday, June 2, 2026",
    "",
    "[09:00] An: next day",
  ]);
  expect(transcriptText(messages.slice(0, 1), times, "", false)).toBe("[10:00] An: hi");
  expect(JSON.parse(transcriptJson(messages))[1]).toEqual({
    id: 1,
    time: "2026-06-01T03:01:00.000Z",
    name: "Bình",
    content: "`x`\n[10:01] An: I owe you",
  });
});

test("the clock has the hours of the browser's region, or those that one chooses; a short one says no half of the day", () => {
  process.env.TZ = "UTC";
  const at = Date.UTC(2026, 10, 26, 21, 8);
  const clocks = (hours: 12 | 24 | string) => {
    const { clock, shortClock, full } = timesIn(en, hours);
    return [clock(at), shortClock(at), full(at).split(" at ").at(-1)].map((each) =>
      each?.replaceAll("\u202f", " "),
    );
  };
  const twelve = ["9:08 PM", "9:08", "9:08:00 PM"];
  const all = ["21:08", "21:08", "21:08:00"];
  for (const hours of [12, "en-US", "en-IN", "ar-EG"] as const) expect(clocks(hours)).toEqual(twelve);
  for (const hours of [24, "en-GB", "vi-VN", "fr", "de-AT", "en-US@posix"] as const)
    expect(clocks(hours)).toEqual(all);
  expect(timesIn(en, 24).clock(Date.UTC(2026, 0, 1, 0, 5))).toBe("00:05");
  expect(timesIn(en, 12).clock(Date.UTC(2026, 0, 1, 0, 5))).toMatch(/^12:05\sAM$/);
});
