/** `lightcone explore`: many runs in search of a violation. The first one found is shrunk and reported. */
import {
  type CampaignResult,
  crashPoints,
  type CrashPoints,
  findDivergence,
  formatSeed,
  type Review,
  reviewCoverage,
  runCampaign,
  type RunnerPool,
  recordRun,
  shrinkRun,
  toldShrink,
  withDeadline,
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
import { isWhole, tellReview } from "../coverage.ts";
import {
  divergenceError,
  Interrupt,
  interrupted,
  parseCount,
  parseSeed,
  parseWallMs,
  saveReplay,
  saveTrace,
  startPool,
  tellViolation,
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
  "crash-points": { type: "string" },
  "no-faults": { type: "boolean" },
  "no-shrink": { type: "boolean" },
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
  --json        every run as one object on a line: seed, verdict, fingerprint, events, violations
  --no-faults   leave out the faults: does the world hold at all?
  --no-shrink   tell the run as it was found
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
  /** Says, when the runs are made, how long shrinking may take; `undefined` to skip it. */
  readonly shrinkMs: (() => number) | undefined;
}

async function explore(search: Search): Promise<ExitCode> {
  const { pool, interrupt, firstSeed, points, runs, forMs, all, json } = search;
  const style = styleFor(process.stdout);
  const sink = json || !process.stdout.isTTY ? process.stderr : process.stdout;
  const progress = new Progress(sink, styleFor(sink));
  const startMs = performance.now();
  const printed = new PrintedByChecks((text) => {
    progress.close();
    process.stderr.write(text);
  });
  let done = 0;
  let simulatedNs = 0;
  let faults = 0;
  const figures = (): string =>
    describeProgress({
      runs: done,
      runsMax: runs ?? points?.cases.length,
      wallMs: performance.now() - startMs,
      wallMsMax: forMs,
      simulatedNs,
      faults,
    });
  // Long runs would otherwise show no progress for a while.
  const ticks = setInterval(() => progress.update(figures), TICK_MS);
  const result = await runCampaign({
    pool,
    firstSeed,
    cases: points?.cases,
    runs,
    forMs,
    all,
    signal: interrupt.signal,
    onRun: (outcome) => {
      done++;
      simulatedNs += outcome.simulatedNs;
      faults += outcome.faultsBegun;
      if (json) process.stdout.write(runAsJson(outcome));
      printed.tell(outcome.printed);
      progress.update(figures);
    },
  }).finally(() => clearInterval(ticks));
  progress.close();
  if (result.mismatch) {
    throw divergenceError(await findDivergence(pool, result.mismatch.request));
  }
  // Nothing is known of a world that never completed a run.
  if (result.runs === 0) throw result.failure ?? interrupted();
  const never = neverTrue(result);
  const review = await reviewCoverage(pool, result.coverage, {
    seed: firstSeed,
    faulty: result.faults > 0,
    found: result.violated > 0 || result.failure !== undefined,
    hurried: interrupt.asked,
  });
  if (json) {
    for (const name of never) process.stderr.write(`lightcone: ${neverWord(name)}\n`);
  } else {
    await tellResult(search, result, review, startMs);
    for (const name of never) process.stdout.write(`  ${style.yellow(neverWord(name))}\n`);
  }
  tellReview(review, { json, style });
  const lax = search.strict && (!isWhole(review) || result.undecided > 0);
  const violated = result.violated > 0 || never.length > 0 || lax;
  if (result.failure === undefined) return violated ? 1 : 0;
  if (!violated) throw result.failure;
  reportError(result.failure, json);
  return 1;
}

async function tellResult(
  search: Search,
  result: CampaignResult,
  review: Review,
  startMs: number,
): Promise<void> {
  const style = styleFor(process.stdout);
  if (result.violation) await tellFound(search, result, style);
  else process.stdout.write(heldLine(search, result, review, style));
  const wallMs = performance.now() - startMs;
  process.stdout.write(`  ${style.dim(closingLine(result, search.pool, wallMs))}\n`);
}

/** How long shrinking may take by default, after the runs that were made. */
function defaultShrinkMs({ longestRunMs }: RunnerPool): number {
  const slowMs = Math.min(DEFAULT_SHRINK_RUNS * longestRunMs, DEFAULT_SHRINK_MS_MAX);
  return Math.max(DEFAULT_SHRINK_MS, slowMs);
}

async function tellFound(search: Search, result: CampaignResult, style: Style): Promise<void> {
  const { pool, interrupt, shrinkMs } = search;
  const found = result.violation as NonNullable<CampaignResult["violation"]>;
  const before = found.schedule.length;
  const sink = process.stdout.isTTY ? process.stdout : process.stderr;
  const progress = new Progress(sink, styleFor(sink));
  // Shrinking takes a while. If the user ends it by force, the violation found should not be lost.
  let replay = saveReplay(pool, found, before);
  interrupt.lastWords = `seed ${formatSeed(found.seed)} is violated: ${replay[1]}`;
  const shrunk =
    shrinkMs === undefined || interrupt.asked
      ? undefined
      : await withDeadline(interrupt.signal, shrinkMs(), (signal) => {
          return shrinkRun(pool, found, {
            signal,
            onStep: (faults, runs) => {
              progress.update(
                () =>
                  `seed ${formatSeed(found.seed)} is violated · shrinking ${faultsWord(before)} · ${faults} left · ${runs} runs`,
              );
            },
          });
        });
  progress.close();
  const told = shrunk && toldShrink(shrunk);
  if (shrunk) replay = saveReplay(pool, shrunk.outcome, before);
  const subtitle = told ? shrunkSubtitle(told) : faultsWord(before);
  const last = shrunk?.outcome ?? found;
  // Without a record the run is told as it was judged.
  const outcome = interrupt.asked ? last : await recordRun(pool, last).catch(() => last);
  const about = { before: found.schedule, replay: replay[0] === "replay" ? replay[1] : undefined };
  const trace = interrupt.asked ? [] : await saveTrace(pool, outcome, about);
  process.stdout.write(tellViolation(outcome, { style, subtitle, footer: [replay, ...trace] }));
  const notes = told ? shrunkNotes(told) : interrupt.asked ? [NOT_SHRUNK] : [];
  process.stdout.write(renderNotes(notes, style));
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
function closingLine(result: CampaignResult, { totals }: RunnerPool, wallMs: number): string {
  const { runs, rechecked, violated } = result;
  const seconds = wallMs / 1_000;
  const shrinking = totals.runs - runs - rechecked;
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

/** A `sometimes` is a statement about a campaign, not about one or two runs. */
function neverTrue({ sometimes, runs }: CampaignResult): string[] {
  if (runs < 2) return [];
  return [...sometimes].filter(([, reached]) => !reached).map(([name]) => name);
}

function neverWord(name: string): string {
  return `never true in any run: sometimes ${name}`;
}
