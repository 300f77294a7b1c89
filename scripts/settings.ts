/**
 * `bun scripts/settings.ts` writes docs/settings.md from src/cli/option-table.ts. A test fails when the two differ.
 */
import { join } from "node:path";
import { flagOf, type OptionGroup, type ServerOption } from "../src/cli/option.ts";
import { OPTION_GROUPS } from "../src/cli/option-table.ts";

const OUTPUT = join(import.meta.dir, "../docs/settings.md");

/** The document, with a table for each group of options. */
export function settingsDocument(): string {
  return `# Settings

<!-- scripts/settings.ts writes this file; the tables come from src/cli/option-table.ts. -->

Each setting has one name and can be given in three places:

| place                        | how                                  | a list                                    | a setting without a value |
| ---------------------------- | ------------------------------------ | ----------------------------------------- | ------------------------- |
| flag                         | \`npm start -- --max-rooms 50\`        | repeat the flag, or separate by commas    | \`--no-limits\`             |
| environment variable         | \`CHATBOX_MAX_ROOMS=50\`               | separate by commas                        | \`true\`, \`1\`, \`yes\` or \`on\`; \`false\`, \`0\`, \`no\` or \`off\` |
| file that \`--config\` names   | \`max-rooms = 50\`                     | \`["https://a.example", "https://b.example"]\` | \`no-limits = true\`        |

A flag overrides a variable, a variable overrides the file, and the file overrides the default. A list is taken from one place as a
whole. An empty variable counts as unset.

## The file

The file is [TOML](https://toml.io), with the names of the flags as its keys and without tables:

\`\`\`toml
# /etc/chat.toml
port = 8080
data = "/srv/chat/data.json"
allow-origin = ["https://chat.example.org"]
trust-proxy = ["127.0.0.1", "::1"]
max-history = "64MiB"
keep-days = 90
\`\`\`

\`\`\`sh
npm start -- --config /etc/chat.toml
\`\`\`

Names of files in it are relative to its own folder. No file is read unless you name one, with \`--config\` or \`CHATBOX_CONFIG\`. The
file is read once, when the server starts. If it contains a secret and everybody on the machine can read it, the server says so in its
log: \`chmod 640 /etc/chat.toml\` takes that away.

## What is in force

\`\`\`sh
npm start -- config
\`\`\`

prints every setting with what it means, its value, and where the value comes from. Add the flags with which you start the server, and
run it with the same variables. Secrets are not shown. \`config --changed\` prints only what is not as it is by default. The output is
itself a file for \`--config\`: what is set stands in it, and the defaults are comments.

\`\`\`sh
npm start -- config check --config /etc/chat.toml
\`\`\`

says everything that is wrong with the file, the variables and the flags, each with its line, and starts nothing. It exits with 0 if
nothing is wrong, and otherwise with 2: use it in CI and before a restart. After an error of TOML's syntax, it cannot read the rest of the
file. A value is checked even if another place overrides it, and so are the files that settings name.

## Mistakes

If a flag, a variable or a key of the file has a wrong value, or a flag or a key is unknown, no command starts: it says so, with the
nearest name, and exits with 2. Unknown \`CHATBOX_\` variables are ignored, and the log names them, since a variable may belong to
another version of the server; \`config check\` counts them as faults.

${OPTION_GROUPS.map(([heading, group]) => `## ${heading}\n\n${table(group)}`).join("\n\n")}
`;
}

function table(group: OptionGroup): string {
  const rows = Object.entries(group).map(([name, option]) => [
    code(flagOf(name)),
    presetOf(option),
    meaningOf(option),
  ]);
  const titles = ["setting", "default", "meaning"];
  return [titles, titles.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function presetOf({ kind, preset, presetText }: ServerOption): string {
  if (kind === "switch") return "off";
  if (preset === undefined) return "";
  if (kind === "text" && presetText !== null) return presetText;
  return code(presetText ?? String(preset));
}

function meaningOf({ means, choices }: ServerOption): string {
  const text = means.replaceAll("|", "\\|");
  return choices === null ? text : `${text}: ${choices.map(code).join(", ")}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) await Bun.write(OUTPUT, settingsDocument());
