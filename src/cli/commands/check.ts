/** `lightcone check`: judges recorded histories. */
import { writeFileSync } from "node:fs";
import { explainSystemError, LightconeError } from "../../base/errors.ts";
import { printable } from "../../base/printable.ts";
import { formatNs } from "../../base/units.ts";
import { Budget, BudgetSpent } from "../../check/budget.ts";
import type { CheckResult, Checker } from "../../check/checker.ts";
import { remarks, titleOf } from "../../check/said.ts";
import { checkers, answersOf, findChecker } from "../../check/registry.ts";
import type { History } from "../../history/operation.ts";
import type { Evidence, Verdict } from "../../check/verdict.ts";
import { EdnReader } from "../../history/edn.ts";
import {
  detect,
  placeOfOperation,
  formats,
  readHistories,
  type Format,
  type ReadHistory,
} from "../../history/read.ts";
import { writeHistory } from "../../history/write.ts";
import { parseOptions, type Command, type ExitCode } from "../command.ts";
import { collectGarbage, readFileBytes } from "../files.ts";

const options = {
  model: { type: "string", short: "m" },
  level: { type: "string", short: "l" },
  format: { type: "string" },
  initial: { type: "string" },
  set: { type: "string", multiple: true },
  independent: { type: "boolean" },
  lonely: { type: "boolean" },
  timeout: { type: "string" },
  memory: { type: "string" },
  json: { type: "boolean" },
  html: { type: "string" },
  write: { type: "string" },
} as const;

type Values = {
  readonly [K in keyof typeof options]?: (typeof options)[K]["type"] extends "boolean"
    ? boolean
    : K extends "set"
      ? string[]
      : string;
};

const exitCodes = { holds: 0, violated: 1, unknown: 3 } as const;

/** A judged history. */
interface Judged {
  /** The file, with the line if it contains several histories. */
  readonly name: string;
  readonly model: string;
  readonly level: string;
  readonly history: History;
  readonly verdict: Verdict;
  readonly elapsedMs: number;
}

/** A file's histories with their verdicts. */
interface FileResult {
  readonly file: string;
  readonly format: string;
  readonly judged: readonly (Judged & { readonly line: number; readonly details: unknown })[];
  readonly elapsedMs: number;
}

export const command: Command = {
  summary: "judge a recorded history (Jepsen, Porcupine, Elle, CSV)",
  usage: usage(),
  run,
};

function usage(): string {
  const models = new Map<string, { summary: string; levels: string[]; checker: Checker }>();
  for (const checker of checkers) {
    const known =
      models.get(checker.model) ??
      [...models.values()].find((other) => other.checker.aliases?.includes(checker.model));
    if (known) known.levels.push(...checker.levels);
    else {
      const { summary, levels, defaultLevel } = checker;
      models.set(checker.model, { summary, levels: [defaultLevel, ...levels], checker });
    }
  }
  const rows = [...models].flatMap(([name, { summary, checker }]) => [
    `  ${name.padEnd(16)} ${summary}`,
    ...Object.entries(checker.settings ?? {}).map(
      ([key, help]) => `${" ".repeat(21)}--set ${key}=...  ${help}`,
    ),
  ]);
  const byLevels = new Map<string, string[]>();
  for (const [name, { levels }] of models) {
    const key = [...new Set(levels)].join(", ");
    byLevels.set(key, [...(byLevels.get(key) ?? []), name]);
  }
  const levels = [...byLevels].map(([list, names]) => `  ${names.join(", ")}:\n      ${list}`);
  return `
lightcone check FILE... --model MODEL [--level LEVEL] [options]

Judges histories in Jepsen's EDN or JSON (jsonl too), Jepsen's log lines, or CSV; also packed (.gz).

  --model, -m NAME     what the object promises (below); may be left out if the file names it
  --level, -l NAME     the level of consistency (below); each model has a default
  --format NAME        ${formats.join(", ")}; told from the file if not given
  --initial VALUE      the object's first state, in JSON or EDN
  --set NAME=VALUE     a setting of the model
  --independent        each value is [key value], each key an object of its own (Jepsen's independent)
  --lonely             take an ok without an invocation as an operation of an instant
  --timeout 60s        the most time to take for a file (default: none)
  --memory 2GB         the most memory to hold (default: 2GB)
  --json               one JSON object a file
  --html OUT           write one page with the histories, as the viewer shows runs
  --write OUT          write the history of the (one) file again: OUT.edn, OUT.json, OUT.log or OUT.csv

Exit code: 0 valid, 1 invalid, 2 could not read, 3 unknown (the budget was spent).

Models:
${rows.join("\n")}

Levels, the default first:
${levels.join("\n")}
`;
}

async function run(args: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions("check", args, options) as unknown as {
    values: Values;
    positionals: string[];
  };
  if (positionals.length === 0) {
    throw new LightconeError("LC_USAGE", "no file to check", "See `lightcone check --help`.");
  }
  if (values.format !== undefined && !formats.includes(values.format as Format)) {
    throw new LightconeError(
      "LC_USAGE",
      `no format ${JSON.stringify(values.format)}`,
      `There are: ${formats.join(", ")}.`,
    );
  }
  // Usage errors are reported before a file is read.
  if (values.model !== undefined) findChecker(values.model, values.level);
  const shared = { initial: initialOf(values.initial), settings: settingsOf(values.set ?? []) };
  budgetOf(values);
  let exitCode = 0;
  const pages: Judged[] = [];
  for (const file of positionals) {
    try {
      const result = await checkFile(file, values, shared);
      pages.push(...result.judged);
      if (values.json) console.log(jsonLine(jsonOf(result)));
      else console.log(textOf(result));
      exitCode = worse(exitCode, exitCodes[overall(result)]);
    } catch (error) {
      if (error instanceof BudgetSpent) {
        exitCode = worse(exitCode, exitCodes.unknown);
        const why = `${error.message} while the file was read`;
        if (values.json) console.log(jsonLine({ file, result: "unknown", why }));
        else console.log(`? ${printable(file)}\n  ${why}`);
        continue;
      }
      // If a file cannot be judged, for whatever reason, the others are still judged.
      tellError(file, error, values.json ?? false);
      exitCode = 2;
    }
  }
  if (values.html !== undefined) {
    // What writes pages knows the simulator, and judging does not need it.
    const { pageOfHistories } = await import("../../explore/history-page.ts");
    writeFileSync(values.html, pageOfHistories(pages));
    if (!values.json) console.log(`page     ${values.html}`);
  }
  return exitCode;
}

/** One line of JSON. Values that JSON cannot represent become text; terminal control characters are escaped. */
function jsonLine(value: unknown): string {
  const plain = (_: string, each: unknown): unknown =>
    typeof each === "bigint" ? each.toString() : each;
  return printable(JSON.stringify(value, plain));
}

function tellError(file: string, thrown: unknown, json: boolean): void {
  const error = explainSystemError(thrown);
  const known = error instanceof LightconeError;
  const { message, stack = String(error) } = error as Error;
  const { code, hint } = known ? error : { code: "LC_BUG", hint: undefined };
  if (json) console.log(jsonLine({ file, error: { code, message, hint } }));
  else if (known) console.error(`lightcone: ${lines(message)}${hint ? `\n  ${lines(hint)}` : ""}`);
  else console.error(`lightcone: ${printable(file)}: this is a bug in Lightcone: ${stack}`);
}

/** Text of several lines, each sanitised for a terminal. */
function lines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** The exit code to report of two: unreadable takes precedence, then invalid, then unknown. */
function worse(a: ExitCode, b: ExitCode): ExitCode {
  const order = [0, 3, 1, 2];
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function initialOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return ednOf(text);
  }
}

/** Parses a value in EDN, for values that JSON does not have: `:a`, `1.0`. */
function ednOf(text: string): unknown {
  const reader = new EdnReader(new TextEncoder().encode(text), "--initial");
  try {
    const value = reader.plainValue();
    if (reader.peek() === -1) return value;
  } catch {
    // The error is reported below.
  }
  throw new LightconeError(
    "LC_USAGE",
    `--initial ${text} is neither JSON nor EDN`,
    "Write 0, null, '{\"x\":0}', '[]', :a.",
  );
}

function settingsOf(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new LightconeError("LC_USAGE", `--set ${pair} is not NAME=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function budgetOf({ timeout, memory }: Values): Budget {
  return new Budget({ timeout, memory });
}

async function checkFile(
  file: string,
  values: Values,
  shared: { initial: unknown; settings: Record<string, unknown> },
): Promise<FileResult> {
  const start = performance.now();
  const budget = budgetOf(values);
  if (process.memoryUsage.rss() > budget.memoryBytes / 3) collectGarbage();
  const bytes = await readFileBytes(file, budget);
  const direct = judgeBytes(file, bytes, values, shared, budget);
  if (direct) return { ...direct, elapsedMs: performance.now() - start };
  const read = readHistories(bytes, {
    name: file,
    format: values.format as Format | undefined,
    independent: values.independent,
    lonely: values.lonely,
    model: values.model,
    poll: () => budget.demandNow(),
  });
  if (values.write !== undefined) writeAgain(values.write, read.histories);
  const judged = read.histories.map((one) => {
    const began = performance.now();
    const { checker, result } = placed(file, bytes, one, values, () =>
      judge(file, one, values, shared, budget),
    );
    return {
      name: read.histories.length > 1 ? `${file}:${one.line}` : file,
      line: one.line,
      model: checker.model,
      level: values.level ?? checker.defaultLevel,
      history: one.history,
      verdict: result.verdict,
      details: result.details,
      elapsedMs: performance.now() - began,
    };
  });
  return { file, format: read.format, judged, elapsedMs: performance.now() - start };
}

/** Judges a file directly, if its model supports that; `undefined` if it must be read into histories. */
function judgeBytes(
  file: string,
  bytes: Uint8Array,
  values: Values,
  { settings }: { settings: Record<string, unknown> },
  budget: Budget,
): Omit<FileResult, "elapsedMs"> | undefined {
  const { model, level, independent, write } = values;
  if (model === undefined || independent || write !== undefined) return undefined;
  const checker = findChecker(model, level);
  if (!checker.checkBytes) return undefined;
  const began = performance.now();
  const format = (values.format as Format | undefined) ?? detect(bytes, file);
  const result = checker.checkBytes(bytes, file, { level, budget, settings, format });
  if (!result) return undefined;
  const judged = {
    name: file,
    line: 1,
    model: checker.model,
    level: level ?? checker.defaultLevel,
    history: result.excerpt,
    verdict: result.verdict,
    details: result.details,
    elapsedMs: performance.now() - began,
  };
  return { file, format, judged: [judged] };
}

/** Adds the position in the file to a model's message about "operation 7". */
function placed<T>(
  file: string,
  bytes: Uint8Array,
  { line: first }: ReadHistory,
  { format, independent, lonely }: Values,
  act: () => T,
): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LightconeError)) throw error;
    const index = /^operation (\d+)\b/.exec(error.message)?.[1];
    if (index === undefined) throw error;
    const options = { name: file, format: format as Format | undefined, independent, lonely };
    const place = placeOfOperation(bytes, Number(index), options) ?? { line: first, column: 1 };
    const message = `${file}:${place.line}:${place.column}: ${error.message}`;
    throw new LightconeError(error.code, message, error.hint);
  }
}

function judge(
  file: string,
  { history, model: named, initial: first }: ReadHistory,
  values: Values,
  { initial, settings }: { initial: unknown; settings: Record<string, unknown> },
  budget: Budget,
): { checker: Checker; result: CheckResult } {
  const model = values.model ?? named;
  if (model === undefined) {
    throw new LightconeError(
      "LC_USAGE",
      `${file} does not say what it is a history of`,
      "Name a model: --model register. See `lightcone check --help`.",
    );
  }
  const checker = findChecker(model, values.level);
  const asked = {
    level: values.level,
    budget,
    initial: initial === undefined ? first : initial,
    settings,
  };
  try {
    const result = checker.check(history, asked);
    if (result.verdict.result !== "holds") return { checker, result };
    const why = judgedNothing(checker.model, history);
    return {
      checker,
      result: why === undefined ? result : { verdict: { result: "unknown", why } },
    };
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    return { checker, result: { verdict: { result: "unknown", why: error.message } } };
  }
}

/** The reason why a model that holds has judged nothing of a history; undefined if it has judged something. */
function judgedNothing(model: string, { operations }: History): string | undefined {
  const looksFor = answersOf(model);
  const concerns = (f: string): boolean => looksFor.length === 0 || looksFor.includes(f);
  if (operations.some(({ f, outcome }) => outcome === "ok" && concerns(f))) return undefined;
  const wanted = looksFor.length === 0 ? "any operation" : looksFor.join(", ");
  const names = [...new Set(operations.map(({ f }) => f))];
  const found = names.length === 0 ? "no operations" : `only ${names.slice(0, 8).join(", ")}`;
  return `nothing was judged: a ${model} looks for answers to ${wanted}, and there is ${found}`;
}

function writeAgain(out: string, histories: readonly ReadHistory[]): void {
  const one = histories[0];
  if (histories.length !== 1 || !one) {
    throw new LightconeError(
      "LC_USAGE",
      `--write writes one history; this file holds ${histories.length}`,
    );
  }
  const format = out.endsWith(".csv")
    ? "csv"
    : out.endsWith(".log")
      ? "jepsen-log"
      : /\.jsonl?$/.test(out)
        ? "json"
        : "edn";
  writeFileSync(out, writeHistory(one.history, format));
}

/** A file is violated if one of its histories is; otherwise unknown if one is. */
function overall({ judged }: FileResult): Verdict["result"] {
  const results = judged.map(({ verdict }) => verdict.result);
  return results.includes("violated")
    ? "violated"
    : results.includes("unknown")
      ? "unknown"
      : "holds";
}

function jsonOf(result: FileResult): unknown {
  const { file, format, judged, elapsedMs } = result;
  const [one] = judged;
  const head = { file, format, result: overall(result), ms: Math.round(elapsedMs * 1000) / 1000 };
  const body = ({ model, level, history, verdict, details }: (typeof judged)[number]): object => ({
    model,
    level,
    operations: history.operations.length,
    ...verdict,
    ...(details === undefined ? {} : { details }),
  });
  if (judged.length === 1 && one) return { ...head, ...body(one) };
  return { ...head, histories: judged.map((each) => ({ line: each.line, ...body(each) })) };
}

const marks = { holds: "✓", violated: "✗", unknown: "?" } as const;

function textOf(result: FileResult): string {
  if (result.judged.length === 1) return textOfOne(result.judged[0] as Judged);
  const bad = result.judged.filter(({ verdict }) => verdict.result !== "holds");
  const held = result.judged.length - bad.length;
  return [
    ...bad.map(textOfOne),
    `${held} of ${result.judged.length} histories of ${printable(result.file)} hold`,
  ].join("\n");
}

function textOfOne({ name, model, level, history, verdict, elapsedMs }: Judged): string {
  const { result } = verdict;
  const size = history.operations.length.toLocaleString("en");
  const head = `${marks[result]} ${printable(name)}`;
  const facts = `${model} · ${level} · ${size} operations in ${formatNs(Math.round(elapsedMs * 1e6))}`;
  const lines = [`${head}   ${facts}`];
  if (result === "violated") {
    for (const evidence of verdict.evidence) lines.push(...evidenceLines(evidence));
  }
  // How a history was found to hold is not of interest, unless it was only inferred.
  if (result !== "holds" || verdict.inferred) {
    lines.push(...remarks(verdict).map((text) => `  ${printable(text)}`));
  }
  return lines.join("\n");
}

function evidenceLines(evidence: Evidence): string[] {
  const at = evidence.steps.map(({ atNs }) => (atNs === undefined ? "" : formatNs(atNs)));
  const atWidth = Math.max(0, ...at.map((text) => text.length));
  const whoWidth = Math.max(0, ...evidence.steps.map(({ who }) => printable(who ?? "").length));
  const steps = evidence.steps.map(({ who, text }, i) =>
    `    ${(at[i] as string).padStart(atWidth)}${atWidth > 0 ? "  " : ""}${printable(who ?? "").padEnd(whoWidth)}${whoWidth > 0 ? "  " : ""}${printable(text)}`.trimEnd(),
  );
  const edges = (evidence.cycle ?? []).map(
    ({ kind, text }) => `    ${printable(kind).padEnd(9)} ${printable(text)}`,
  );
  return [
    "",
    `  ${printable(titleOf(evidence))}`,
    ...steps,
    ...(edges.length > 0 ? ["  the cycle:", ...edges] : []),
  ];
}
