/**
 * The image and the unit, as far as that can be tried without Docker and systemd: their files in an empty folder, with production
 * packages only, started by their own command lines as an unprivileged user.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { createCommand, settingsOf } from "../../src/cli/options.ts";
import { AS_NOBODY } from "../support/nobody.ts";
import { freePort } from "../support/port.ts";
import { TemporaryFolder } from "../support/server.ts";
import { V3Client } from "../support/v3.ts";

const project = join(import.meta.dir, "..", "..");
const read = (path: string) => readFileSync(join(project, path), "utf8");
const dockerfile = read("Dockerfile");
const unit = read("deploy/classic-chatbox.service");
const lineOf = (text: string, start: string) =>
  text.match(new RegExp(`^${start}\\s*=?\\s*(.*)$`, "m"))?.[1] ?? "";
/** `A=1 B=2` as variables. */
const variablesOf = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]),
  );
const folder = new TemporaryFolder();
const app = join(folder.path, "app");

/** Does what the last stage of the Dockerfile does with files. */
beforeAll(() => {
  chmodSync(folder.path, 0o755);
  const stage = dockerfile.slice(dockerfile.lastIndexOf("FROM"));
  const ignored = read(".dockerignore").split("\n");
  for (const [, names = ""] of stage.matchAll(/^COPY (?!--)(.*)$/gm))
    for (const name of names.split(" ").slice(0, -1)) {
      const isTaken = (path: string) =>
        ignored.some((each) => each === `!${path}` || path.startsWith(`${each.slice(1)}/`));
      cpSync(join(project, name), join(app, name), {
        recursive: true,
        filter: (from) => {
          const path = from.slice(project.length + 1);
          return isTaken(path) || ignored.some((each) => each.startsWith(`!${path}/`));
        },
      });
    }
  // What `npm ci --omit=dev` installs: whatever the lockfile does not mark as for developers only.
  expect(lineOf(dockerfile, "RUN npm ci")).toStartWith("--omit=dev");
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(packages)) {
    if (path === "" || dev || path.includes("/node_modules/") || !existsSync(join(project, path))) continue;
    mkdirSync(dirname(join(app, path)), { recursive: true });
    symlinkSync(join(project, path), join(app, path));
  }
  mkdirSync(join(folder.path, "data"));
  chmodSync(join(folder.path, "data"), 0o777);
});

afterAll(() => folder[Symbol.dispose]());

/** Starts it, chats, and stops it as its manager does. @param command with the paths of the place where it is meant to be */
async function runs(command: readonly string[], variables: Record<string, string>): Promise<void> {
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    ...variables,
    CHATBOX_DATA: join(folder.path, "data", "data.json"),
    CHATBOX_PORT: String(port),
    CHATBOX_HOST: "127.0.0.1",
  };
  const child = Bun.spawn([...AS_NOBODY, ...command], {
    cwd: folder.path,
    env,
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = new Response(child.stderr).text();
  try {
    const check = JSON.parse(
      /CMD (\[.*\])\n/.exec(dockerfile.slice(dockerfile.indexOf("HEALTHCHECK")))?.[1] ?? "",
    );
    for (;;) {
      if (child.exitCode !== null) throw new Error(await output);
      if ((await Bun.spawn(check, { env }).exited) === 0) break;
    }
    using an = await V3Client.registered(`ws://127.0.0.1:${port}/`, `An-${port}`);
    await an.say("hello");
    expect((await (await fetch(`http://127.0.0.1:${port}/`)).text()).length).toBeGreaterThan(500);
  } finally {
    child.kill("SIGTERM");
  }
  expect(await child.exited).toBe(0);
}

test("the image's files and production packages are enough for its command, its health check and a chat", async () => {
  const entrypoint: string[] = JSON.parse(lineOf(dockerfile, "ENTRYPOINT"));
  await runs(
    entrypoint.map((each) => each.replace("/app", app)),
    variablesOf(lineOf(dockerfile, "ENV")),
  );
});

test("the unit's command starts the same, as a user without rights", async () => {
  const command = lineOf(unit, "ExecStart").replaceAll("/opt/classic-chatbox", app).split(" ");
  await runs(command, variablesOf(lineOf(unit, "Environment")));
  expect(unit).toContain("User=chat");
  expect(unit).toContain(`CHATBOX_DATA=/var/lib/${lineOf(unit, "StateDirectory")}/data.json`);
  // What a backup needs to be made with low priority is in one of the groups that are forbidden.
  const [allowed, forbidden, ...exceptions] = [...unit.matchAll(/^SystemCallFilter=(.*)$/gm)].map(
    ([, what]) => what,
  );
  expect([allowed, forbidden, exceptions]).toEqual([
    "@system-service",
    expect.stringMatching(/^~.*@resources/),
    ["setpriority"],
  ]);
});

test("each nginx example that passes a WebSocket on passes the host and the client's address on, and hides the metrics", () => {
  const examples = ["docs/operating/tls.md", "docs/operating/growing.md"].flatMap((file) =>
    [...read(file).matchAll(/^```\n([^`]*proxy_http_version[^`]*)^```$/gm)].map(([, text = ""]) => text),
  );
  expect(examples).toHaveLength(2);
  for (const example of examples)
    for (const line of [
      "proxy_http_version 1.1;",
      "proxy_set_header Upgrade $http_upgrade;",
      'proxy_set_header Connection "upgrade";',
      "proxy_set_header Host $host;",
      "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
      "location = /metrics { deny all; }",
    ])
      expect(example).toContain(line);
});

test("the compose files give the server settings that it takes, and name files and volumes that exist", () => {
  for (const file of ["compose.yaml", "deploy/compose-cluster.yaml"]) {
    const { services, volumes } = Bun.YAML.parse(read(file)) as {
      services: Record<string, { environment?: Record<string, string | number>; volumes?: string[] }>;
      volumes: object;
    };
    const given = Object.entries(services.chat?.environment ?? {}).map(([name, value]) => {
      const flag = `--${name.replace("CHATBOX_", "").toLowerCase().replaceAll("_", "-")}`;
      const text = String(value)
        .replace(/\$\{DOMAIN.*?\}/, "chat.example.org")
        .replace(/\$\{.*?\}/, "secret");
      return text.split(",").map((each) => `${flag}=${each}`);
    });
    const settings = settingsOf(createCommand("0.0.0").parse(given.flat(), { from: "user" }), false);
    const hasDatabase = given.flat().some((flag) => flag.startsWith("--database-url="));
    expect([file, settings.port, hasDatabase]).toEqual([file, 5000, file !== "compose.yaml"]);
    const mounted = Object.values(services).flatMap((service) => service.volumes ?? []);
    for (const [from = ""] of mounted.map((each) => each.split(":")))
      expect([from, from.startsWith("./") ? existsSync(join(project, from)) : from in volumes]).toEqual([
        from,
        true,
      ]);
  }
  // Where the image keeps the history.
  expect(read("compose.yaml")).toContain(`history:${lineOf(dockerfile, "VOLUME")}\n`);
});
