/** Reads metrics in Prometheus' text format, and holds them to what `promtool check metrics` demands. */

export interface Metric {
  readonly name: string;
  help: string;
  type: string;
  readonly samples: { readonly name: string; readonly labels: string; readonly value: number }[];
}

/** Metrics by their names, each with its samples. */
export function metricsIn(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  const metric = (name: string) => {
    const known = metrics.get(name) ?? { name, help: "", type: "untyped", samples: [] };
    metrics.set(name, known);
    return known;
  };
  for (const line of text.split("\n").filter((each) => each !== "")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (keyword === "HELP") metric(name).help = rest;
    else if (keyword === "TYPE") metric(name).type = rest;
    else {
      const [, sample = line, labels = "", value] =
        /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const family = sample.replace(/_(bucket|sum|count)$/, "");
      const isOfHistogram = metrics.get(family)?.type === "histogram";
      metric(isOfHistogram ? family : sample).samples.push({ name: sample, labels, value: Number(value) });
    }
  }
  return metrics;
}

const TYPES = ["counter", "gauge", "summary", "histogram"];
/** Units that are no base units. Prefixes such as `milli` make one of every base unit. */
const BASE_UNITS = [
  "amperes",
  "bytes",
  "celsius",
  "grams",
  "joules",
  "kelvin",
  "meters",
  "metres",
  "seconds",
  "volts",
];
const OTHER_UNITS =
  /^(minutes|hours|days|weeks|kelvins|fahrenheit|rankine|inches|yards|miles|bits|calories|pounds|ounces)$/;
const PREFIXES =
  /^(pico|nano|micro|milli|centi|deci|deca|hecto|kilo|kibi|mega|mibi|giga|gibi|tera|tebi|peta|pebi)/;
const ABBREVIATIONS = /_(s|ms|us|ns|sec|b|kb|mb|gb|tb|pb|m|h|d)(_|$)/i;
/** Labels with few values, whatever strangers do. */
const BOUNDED = ["kind", "reason", "cause", "status", "version", "bun", "le"];

/** What promtool would find, and labels that are not known to have few values. */
export function problemsOf({ name, help, type, samples }: Metric): string[] {
  const isHistogram = type === "histogram";
  const isCounter = type === "counter";
  const labels = samples.flatMap((each) =>
    [...each.labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label),
  );
  const series = samples.map((each) => `${each.name}{${each.labels}}`);
  const isOtherUnit = (part: string) =>
    OTHER_UNITS.test(part) || (PREFIXES.test(part) && BASE_UNITS.includes(part.replace(PREFIXES, "")));
  const rules: readonly (readonly [isBroken: boolean, problem: string])[] = [
    [help === "", "no help text"],
    [!TYPES.includes(type) && help !== "", "no type"],
    [isCounter && !name.endsWith("_total"), "a counter needs _total"],
    [!isCounter && TYPES.includes(type) && name.endsWith("_total"), "only counters have _total"],
    [!isHistogram && /_(bucket|count|sum)$/.test(name), "a suffix of histograms"],
    [!isHistogram && labels.includes("le"), "a label of histograms"],
    [labels.includes("quantile") && type !== "summary", "a label of summaries"],
    [name.split("_").some(isOtherUnit), "not a base unit"],
    [ABBREVIATIONS.test(name), "an abbreviated unit"],
    [TYPES.some((each) => `${name}_`.includes(`_${each}_`)), "the type in the name"],
    [name.includes(":"), "a colon"],
    [/[a-z][A-Z]/.test([name, ...labels].join(" ")), "camelCase"],
    [new Set(series).size < series.length, "a series twice"],
    [samples.some(({ value }) => Number.isNaN(value)), "no number"],
    [
      labels.some((label) => label !== "le" && !BOUNDED.includes(label)),
      "a label that is not known to be bounded",
    ],
  ];
  return rules.flatMap(([isBroken, problem]) => (isBroken ? [`${name}: ${problem}`] : []));
}
