/** `lightcone explore`: many runs in search of a violation. The first one found is shrunk and reported. */
import { relative } from "node:path";
import {
  type CampaignResult,
  crashPoints,
  type CrashPoints,
  type Exploration,
  exploreWorld,
  type Finding,
  formatSeed,
  type Review,
  type RunnerPool,
  type SavedReplay,
  toldExploration,
  toldShrink,
  renderRun,
  knownLine,
  type Rerun,
} from "../../explore/index.ts";
import {
  count,
  describeProgress,
  describeRates,
  faultsWord,
  PrintedByChecks,
  Progress,
  renderNotes,
  runAsJson,
  shrunkNotes,
  shrunkSubtitle,
  type Style,
  styleFor,
} from "../../report/index.ts";
import { type Command, type ExitCode, parseOptions, reportError } from "../command.ts";
import { tellReview } from "../coverage.ts";
import { parseReport, type Report, reporterRows, writeReports } from "../reports.ts";
import {
  Interrupt,
  parseCount,
  parseSeed,
  parseWallMs,
  replayLine,
  type RunOutcome,
  startPool,
  traceLines,
  usage,
  worldArgument,
} from "../session.ts";

const options = {
  runs: { type: "string" },
  for: { type: "string" },
  "shrink-for": { type: "string" },
  seed: { type: "string" },
  jobs: { type: "string" },
  json: { type: "boolean" },
  all: { type: "boolean" },
  corpus: { type: "boolean" },
  "crash-points": { type: "string" },
  "no-faults": { type: "boolean" },
  "no-shrink": { type: "boolean" },
  reporter: { type: "string", multiple: true },
  strict: { type: "boolean" },
} as const;

const DEFAULT_FOR_MS = 30_000;
const DEFAULT_SHRINK_MS = 60_000;
/** A slow world gets the time of this many of its runs, up to a limit in milliseconds. */
const DEFAULT_SHRINK_RUNS = 40;
const DEFAULT_SHRINK_MS_MAX = 600_000;
const TICK_MS = 1_000;
/**
 * A limit for the number of processes. More than any machine has cores is a typing error, and would
 * overload the machine.
 */
const JOBS_MAX = 512;

export const command: Command = {
  summary: "search many seeds for a violation, and shrink it",
  usage: `
lightcone explore WORLD [--runs N | --for 30s] [--shrink-for 60s] [--seed N] [--jobs N] [--all] [--json]
                        [--reporter NAME[=FILE]] [--corpus]

Runs the world with one seed after the other, on all cores, until a check is violated, N runs are done
or the time is up (30s unless told). Shrinks the faults of the first violated run to the fewest that
still do it, tells the story, and writes a file that replays it and a page that shows it. Some runs are
run twice, to prove that a seed always gives the same run.

  --runs N      how many runs at the most
  --for TIME    how long at the most: 30s, 5m, 1h
  --shrink-for TIME
                how long shrinking may take after that (default: as long as --for, else 60s;
                for a world of slow runs as long as 40 of them, 10m at most)
  --seed N      the first seed (default: drawn, and printed)
  --jobs N      how many processes (default: one for each core)
  --all         go on after a violation
  --crash-points HOST
                in place of seeds: one seed without its faults, again and again, with a crash of HOST right before
                each call that changes files and each step of its programs; of the process, then of the machine
                with each way to lose what was not synced. Goes on until all are tried, unless --runs or --for end it
  --corpus      run the findings of earlier campaigns again first: those of this world in .lightcone. If one is still
                there, it is told, and no seeds are tried (unless with --all)
  --json        every run as one object on a line: seed, verdict, fingerprint, events, violations
  --no-faults   leave out the faults: does the world hold at all?
  --no-shrink   tell the run as it was found
  --reporter NAME[=FILE]
                write the result for another tool as well, into FILE if one is named; may be given several times:
${reporterRows()}
  --strict      what was not judged is an error, too: checks that are undecided, an always or sometimes that no
                run reached, hosts that record nothing in the calm

Ctrl-C (or SIGTERM) ends it, and what was found until then is told. Exit code: 0 held, 1 violated, 2 could not run.
`,
  async run(args) {
    const { values, positionals } = parseOptions("explore", args, options);
    const world = worldArgument("explore", positionals);
    const runs = values.runs === undefined ? undefined : parseCount("explore", "runs", values.runs);
    const forMs = values.for === undefined ? undefined : parseWallMs("explore", "for", values.for);
    const shrinkText = values["shrink-for"];
    const shrinkMs =
      shrinkText === undefined ? undefined : parseWallMs("explore", "shrink-for", shrinkText);
    const firstSeed =
      values.seed === undefined
        ? Math.floor(Math.random() * 0x1_0000_0000)
        : parseSeed("explore", values.seed);
    const jobs =
      values.jobs === undefined ? undefined : parseCount("explore", "jobs", values.jobs, JOBS_MAX);
    const reports = (values.reporter ?? []).map((text) => parseReport("explore", text));
    if (values.json === true && reports.length > 0) {
      throw usage("explore", "--json tells each run as it is: --reporter json tells the result");
    }
    const other = ["json", "crash-points", "no-faults"].find((each) => each in values);
    if (values.corpus === true && other !== undefined) {
      throw usage("explore", `--corpus does not go with --${other}`);
    }
    const interrupt = new Interrupt();
    const { signal } = interrupt;
    let pool: RunnerPool | undefined;
    try {
      const started = await startPool({ world, jobs, calm: values["no-faults"], signal });
      pool = started;
      const host = values["crash-points"];
      const points =
        host === undefined ? undefined : await crashPoints(pool, { seed: firstSeed, host });
      const endless = runs === undefined && points === undefined;
      return await explore({
        pool,
        interrupt,
        firstSeed,
        points,
        runs,
        forMs: forMs ?? (endless ? DEFAULT_FOR_MS : undefined),
        all: values.all === true || values.json === true,
        json: values.json === true,
        strict: values.strict === true,
        corpus: values.corpus === true,
        reports,
        shrinkMs:
          values["no-shrink"] === true
            ? undefined
            : () => shrinkMs ?? forMs ?? defaultShrinkMs(started),
      });
    } finally {
      interrupt.close();
      pool?.stop();
    }
  },
};

interface Search {
  readonly pool: RunnerPool;
  readonly interrupt: Interrupt;
  readonly firstSeed: number;
  /** What to try in place of seeds. */
  readonly points: CrashPoints | undefined;
  readonly runs: number | undefined;
  readonly forMs: number | undefined;
  readonly all: boolean;
  readonly json: boolean;
  readonly strict: boolean;
  readonly corpus: boolean;
  readonly reports: readonly Report[];
  /** Says, when the runs are made, how long shrinking may take; `undefined` to skip it. */
  readonly shrinkMs: (() => number) | undefined;
}

async function explore(search: Search): Promise<ExitCode> {
  const { pool, interrupt, firstSeed, points, runs, forMs, all, json, shrinkMs } = search;
  const style = styleFor(process.stdout);
  const telling = new Telling(search);
  const exploration = await exploreWorld(pool, {
    firstSeed,
    cases: points?.cases,
    runs,
    forMs,
    all,
    shrinkMs,
    corpus: search.corpus,
    // For programs each run is told as it is, and nothing more.
    directory: json ? undefined : process.cwd(),
    signal: interrupt.signal,
    onRun: (outcome) => telling.run(outcome),
    onRunsMade: () => telling.close(),
    onFound: (found, replay) => telling.found(found, replay),
    onShrink: (faults, made) => telling.shrinking(faults, made),
  }).finally(() => telling.close());
  const { campaign, review, neverTrue } = exploration;
  if (json) {
    for (const name of neverTrue) process.stderr.write(`lightcone: ${neverWord(name)}\n`);
  } else {
    tellResult(search, exploration);
    for (const name of neverTrue) process.stdout.write(`  ${style.yellow(neverWord(name))}\n`);
  }
  tellReview(review, { json, style });
  const directory = process.cwd();
  const told = { firstSeed, strict: search.strict, directory };
  const explored = toldExploration(pool, exploration, told);
  const violated = explored.verdict === "violated";
  let { failure } = campaign;
  try {
    writeReports(search.reports, explored, directory);
  } catch (error) {
    failure ??= error;
  }
  if (failure === undefined) return violated ? 1 : 0;
  // The verdict stands, whatever else went wrong.
  if (!violated) throw failure;
  reportError(failure, json);
  return 1;
}

/** What is shown while a campaign goes on: a line of progress, the runs as JSON, the output of checks. */
class Telling {
  readonly #search: Search;
  readonly #startMs = performance.now();
  readonly #printed = new PrintedByChecks((text) => {
    this.#progress.close();
    process.stderr.write(text);
  });
  /** Long runs would otherwise show no progress for a while. */
  readonly #ticks = setInterval(() => this.#show(), TICK_MS);
  #progress: Progress;
  #runs = 0;
  #simulatedNs = 0;
  #faults = 0;
  #foundWords = "";

  constructor(search: Search) {
    this.#search = search;
    this.#progress = progressOn(search.json ? process.stderr : undefined);
  }

  run(outcome: RunOutcome): void {
    this.#runs++;
    this.#simulatedNs += outcome.simulatedNs;
    this.#faults += outcome.faultsBegun;
    if (this.#search.json) process.stdout.write(runAsJson(outcome));
    this.#printed.tell(outcome.printed);
    this.#show();
  }

  found(found: RunOutcome, replay: SavedReplay): void {
    const { pool, interrupt } = this.#search;
    const [, words] = replayLine(pool, found, replay);
    const violated = `seed ${formatSeed(found.seed)} is violated`;
    interrupt.lastWords = `${violated}: ${words}`;
    this.#foundWords = `${violated} · shrinking ${faultsWord(found.schedule.length)}`;
    this.#progress = progressOn(undefined);
  }

  shrinking(faults: number, runs: number): void {
    this.#progress.update(() => `${this.#foundWords} · ${faults} left · ${runs} runs`);
  }

  close(): void {
    clearInterval(this.#ticks);
    this.#progress.close();
  }

  #show(): void {
    const { runs, points, forMs } = this.#search;
    this.#progress.update(() =>
      describeProgress({
        runs: this.#runs,
        runsMax: runs ?? points?.cases.length,
        wallMs: performance.now() - this.#startMs,
        wallMsMax: forMs,
        simulatedNs: this.#simulatedNs,
        faults: this.#faults,
      }),
    );
  }
}

/** Progress is shown on the terminal: the standard output, if it is one. */
function progressOn(stream: NodeJS.WriteStream | undefined): Progress {
  const sink = stream ?? (process.stdout.isTTY ? process.stdout : process.stderr);
  return new Progress(sink, styleFor(sink));
}

function tellResult(search: Search, exploration: Exploration): void {
  const { campaign, review, finding, reruns } = exploration;
  const style = styleFor(process.stdout);
  for (const line of rerunLines(reruns, search.corpus)) {
    process.stdout.write(`${style.dim(line)}\n`);
  }
  if (finding) tellFound(search, finding, style);
  else process.stdout.write(heldLine(search, campaign, review, style));
  process.stdout.write(`  ${style.dim(closingLine(exploration, search.pool))}\n`);
}

/** How long shrinking may take by default, after the runs that were made. */
function defaultShrinkMs({ longestRunMs }: RunnerPool): number {
  const slowMs = Math.min(DEFAULT_SHRINK_RUNS * longestRunMs, DEFAULT_SHRINK_MS_MAX);
  return Math.max(DEFAULT_SHRINK_MS, slowMs);
}

function tellFound({ pool, interrupt }: Search, finding: Finding, style: Style): void {
  const { found, outcome, shrunk, replay, trace, record } = finding;
  const told = shrunk && toldShrink(shrunk);
  const subtitle = told ? shrunkSubtitle(told) : faultsWord(found.schedule.length);
  const footer = [
    ...knownLine(record),
    replayLine(pool, outcome, replay),
    ...(trace ? traceLines(trace) : []),
  ];
  process.stdout.write(renderRun(outcome, { style, subtitle, footer }));
  const notes = told ? shrunkNotes(told) : interrupt.asked ? [NOT_SHRUNK] : [];
  process.stdout.write(renderNotes(notes, style));
}

/** The findings of earlier campaigns: a line each, after one that counts them. */
function rerunLines(reruns: readonly Rerun[], isAsked: boolean): string[] {
  if (!isAsked) return [];
  if (reruns.length === 0) return ["corpus: no finding of an earlier campaign"];
  const many = `${reruns.length} ${reruns.length === 1 ? "finding" : "findings"}`;
  return [
    `corpus: ${many} of earlier campaigns run again`,
    ...reruns.map(({ finding: { path, replay }, record, problem }) => {
      const { check = "", summary = "" } = replay.violations[0] ?? {};
      const unsaved = problem === undefined ? "" : ` (not recorded: ${problem})`;
      const file = relative(process.cwd(), path);
      return `  ${record.state.padEnd(9)}  ${check}: ${summary}  ${file}${unsaved}`;
    }),
  ];
}

const NOT_SHRUNK = "interrupted before it was shrunk: some of these faults may not be needed";

/** What a campaign over crash points has tried, in words. */
function pointsWord({ host, points, ways, cases }: CrashPoints, runs: number): string {
  const all = `${count(points)} crash points of ${host}, ${ways} ways each`;
  return runs === cases.length ? all : `${count(runs)} of ${count(cases.length)} runs: ${all}`;
}

function heldLine(search: Search, result: CampaignResult, review: Review, style: Style): string {
  const { pool, firstSeed, points, interrupt } = search;
  const last = firstSeed + result.runs - 1;
  const seeds = points
    ? `seed ${formatSeed(firstSeed)} · ${pointsWord(points, result.runs)}`
    : result.runs === 1
      ? `seed ${formatSeed(firstSeed)}`
      : `seeds ${formatSeed(firstSeed)} to ${formatSeed(last)}`;
  const undecided = result.undecided > 0 ? ` · ${count(result.undecided)} undecided` : "";
  const how = interrupt.asked ? " · interrupted" : "";
  const doubt = result.failure !== undefined || result.undecided + review.unjudged.length > 0;
  const mark = doubt ? style.yellow("?") : style.green("✓");
  return `${mark} ${style.bold(pool.info.name)}  ${style.dim(`${seeds}${undecided}${how}`)}\n`;
}

/** The speed of the campaign, including shrinking and repeated runs. */
function closingLine(
  { campaign: result, finding, wallMs }: Exploration,
  { totals }: RunnerPool,
): string {
  const { runs, rechecked, violated } = result;
  const seconds = wallMs / 1_000;
  const shrinking = finding?.shrunk ? totals.runs - runs - rechecked : 0;
  return [
    `explored ${count(runs)} ${runs === 1 ? "run" : "runs"}`,
    ...(runs > 1 && violated > 0 ? [`${count(violated)} violated`] : []),
    ...(rechecked > 0 ? [`${count(rechecked)} of them twice, the same to the last event`] : []),
    ...(shrinking > 0 ? [`${count(shrinking)} to shrink`] : []),
    describeRates({ ...totals, wallMs }),
    `${count(totals.faults)} faults injected`,
    `${seconds.toFixed(1)}s`,
  ].join(" · ");
}

function neverWord(name: string): string {
  return `never true in any run: sometimes ${name}`;
}
