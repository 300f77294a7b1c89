import { median, type Section } from "../results.ts";
import { format } from "../targets.ts";

const WIDTH = 760;
const LABELS_WIDTH = 300;
const FIGURES_WIDTH = 70;
const BAR_HEIGHT = 16;
const BAR_STEP = 22;
const TITLE_HEIGHT = 34;
const MARGIN = 12;
const CHARTED = ["sparse", "busy", "flood"];
const COLUMN = "cpuUs";

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #24292f; }
    .title { font-weight: 600; }
    .chat { fill: #1a7f64; }
    .floor { fill: #9aa4af; }
    .peer { fill: #5b7fb8; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .chat { fill: #3fb68b; }
      .floor { fill: #6e7681; }
      .peer { fill: #7d9fd6; }
    }`;

/** A bar chart of the CPU per delivery, with a scale for each workload. Null if none of the workloads was measured. */
export function chart(sections: readonly Section[]): string | null {
  const charted = sections.filter(({ id }) => CHARTED.includes(id));
  if (charted.length === 0) return null;
  let y = MARGIN;
  const parts: string[] = [];
  for (const section of charted) {
    parts.push(
      `<text class="title" x="${MARGIN}" y="${y + 16}">${escapeXml(section.title)} (µs of CPU per delivery)</text>`,
    );
    y += TITLE_HEIGHT - 8;
    const most = Math.max(...section.rows.map(({ values }) => median(values[COLUMN] ?? [])));
    for (const { key, title, values } of section.rows) {
      parts.push(bar(y, key, title, median(values[COLUMN] ?? []), most));
      y += BAR_STEP;
    }
    y += MARGIN;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img">`,
    "  <title>CPU per delivery by server</title>",
    `  <style>${STYLE}\n  </style>`,
    ...parts.map((part) => `  ${part}`),
    "</svg>",
    "",
  ].join("\n");
}

function bar(y: number, key: string, title: string, value: number, most: number): string {
  const room = WIDTH - LABELS_WIDTH - FIGURES_WIDTH - MARGIN;
  const width = Math.max(1, (value / most) * room);
  const kind = key.startsWith("floor") ? "floor" : key.startsWith("v") ? "chat" : "peer";
  const baseline = y + 12;
  return [
    `<text x="${LABELS_WIDTH - 8}" y="${baseline}" text-anchor="end">${escapeXml(title)}</text>`,
    `<rect class="${kind}" x="${LABELS_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
    `<text x="${(LABELS_WIDTH + width + 6).toFixed(1)}" y="${baseline}">${format(value)}</text>`,
  ].join("");
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
