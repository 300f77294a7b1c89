import { expect, mock, spyOn, test } from "bun:test";
import { createCommand, settingsOf } from "../../src/cli/options.ts";
import { Access } from "../../src/server/access.ts";
import { Metrics } from "../../src/server/metrics.ts";
import { Reports } from "../../src/server/reports.ts";
import { RequestGuard } from "../../src/server/request-guard.ts";

test("a fault in a proxy's header is logged again after an hour, and not with each request", () => {
  const log = { info: mock(), warn: mock(), error: mock(), print: mock(), flush: () => Promise.resolve() };
  const settings = settingsOf(
    createCommand("0.0.0").parse(["--trust-proxy", "127.0.0.1"], { from: "user" }),
    false,
  );
  const access = new Access(settings, ["127.0.0.1"]);
  const guard = new RequestGuard(
    access,
    settings.trustProxy,
    new Reports(log, new Metrics(), settings.log),
    log,
  );
  const request = new Request("http://127.0.0.1/", { headers: { "X-Forwarded-For": "unknown" } });
  const clock = spyOn(performance, "now");
  try {
    for (let minute = 0; minute < 150; minute++) {
      clock.mockReturnValue(minute * 60_000);
      expect(guard.addressOf(request, "127.0.0.1")).toBe("127.0.0.1");
    }
  } finally {
    clock.mockRestore();
  }
  expect(log.warn).toHaveBeenCalledTimes(3);
});
