/** `lightcone run`: one run of one seed. */
import { relative } from "node:path";
import { formatNs } from "../../base/units.ts";
import {
  CoverageTally,
  divergenceError,
  explained,
  findDivergence,
  formatSeed,
  type Review,
  readSchedule,
  reviewCoverage,
  type RunnerPool,
  runTwice,
  recordTrace,
  foundRecord,
  readFindings,
  saveReplay,
  renderRun,
} from "../../explore/index.ts";
import {
  count,
  drawnLine,
  faultsWord,
  renderLines,
  runAsJson,
  type Style,
  styleFor,
} from "../../report/index.ts";
import { type Command, type ExitCode, parseOptions, reportError } from "../command.ts";
import { isWhole, sentencesOf, tellReview } from "../coverage.ts";
import {
  parseSeed,
  replayLine,
  type RunOutcome,
  showRun,
  startPool,
  usage,
  worldArgument,
  worldWord,
} from "../session.ts";

const options = {
  seed: { type: "string", default: "1" },
  verify: { type: "boolean" },
  trace: { type: "boolean" },
  json: { type: "boolean" },
  "no-faults": { type: "boolean" },
  strict: { type: "boolean" },
  schedule: { type: "string" },
} as const;

export const command: Command = {
  summary: "run a world once, with one seed",
  usage: `
lightcone run WORLD [--seed N] [--schedule FILE] [--verify] [--trace] [--json] [--no-faults] [--strict]

Runs the world once and tells whether its checks held.

  --seed N      the seed, decimal or hexadecimal after 0x (default: 1)
  --schedule FILE
                these faults in place of those that the seed draws, one a line: "3s pause worker-1 for 2s". What
                explore found is written so as .lightcone/NAME-SEED.faults
  --verify      run it twice, in a used and in a fresh process, and compare the fingerprints; where they
                differ, show the first event that does
  --trace       print operations, faults and output as they happened, and write every event to a file
  --json        one object: seed, verdict, fingerprint, events, violations
  --no-faults   leave out the faults
  --strict      what this run did not judge is an error, too: checks that are undecided, an always or sometimes that
                it did not reach, hosts that record nothing in the calm

Exit code: 0 held, 1 violated, 2 could not run.
`,
  async run(args) {
    const { values, positionals } = parseOptions("run", args, options);
    const world = worldArgument("run", positionals);
    if (values.schedule !== undefined && values["no-faults"]) {
      throw usage("run", "--schedule has faults, and --no-faults leaves them out");
    }
    const seed = parseSeed("run", values.seed);
    const showing = showRun();
    const { onReached } = showing;
    const pool = await startPool({ world, jobs: 1, calm: values["no-faults"], onReached });
    try {
      showing.durationNs = pool.info.durationNs;
      const file = values.schedule;
      const schedule = file === undefined ? undefined : readSchedule(file, pool.info.hostNames);
      const { json = false, verify = false, trace = false, strict = false } = values;
      const done = (): void => showing.close();
      return await runOnce(pool, { seed, schedule, json, verify, trace, strict, done });
    } finally {
      showing.close();
      pool.stop();
    }
  },
};

async function runOnce(
  pool: RunnerPool,
  asked: {
    readonly seed: number;
    readonly schedule: RunOutcome["schedule"] | undefined;
    readonly json: boolean;
    readonly verify: boolean;
    readonly trace: boolean;
    readonly strict: boolean;
    /** Called when the runs are made: stops the progress display. */
    readonly done: () => void;
  },
): Promise<ExitCode> {
  const { seed, schedule, json, verify, trace, strict, done } = asked;
  const style = styleFor(process.stdout);
  const startMs = performance.now();
  const outcome = explained(await pool.run({ seed, schedule, trace, timeline: trace }));
  const wallMs = performance.now() - startMs;
  if (verify) await verifyRun(pool, { seed, schedule });
  process.stderr.write(outcome.printed ?? "");
  const review = await reviewRun(pool, outcome);
  done();
  if (json) {
    process.stdout.write(runAsJson({ ...outcome, notes: sentencesOf(review) }));
  } else {
    if (trace) tellTimeline(outcome, style);
    tellVerdict(pool, outcome, wallMs, style);
    tellReview(review, { json, style });
    if (verify) {
      process.stdout.write(
        `  ${style.dim(`the same in a used and in a fresh process: fingerprint ${outcome.fingerprint}`)}\n`,
      );
    }
  }
  const violated = outcome.verdict === "violated";
  try {
    if (trace) {
      const directory = process.cwd();
      const files = await recordTrace(pool, outcome, { directory });
      for (const [label, path] of Object.entries({ trace: files.trace, report: files.page })) {
        if (json || path === undefined) continue;
        const text = style.cyan(relative(directory, path));
        process.stdout.write(`  ${style.dim(label.padEnd(6))}  ${text}\n`);
      }
    }
  } catch (error) {
    // If the disk is full there is no trace, but the verdict stands.
    if (!violated) throw error;
    reportError(error, json);
  }
  const lax = strict && (!isWhole(review) || outcome.undecided.length > 0);
  return violated || lax ? 1 : 0;
}

/** Reviews what this run judged at all. */
async function reviewRun(pool: RunnerPool, outcome: RunOutcome): Promise<Review> {
  const tally = new CoverageTally();
  tally.add(outcome.coverage);
  const { unjudged, lacks, remarks } = await reviewCoverage(pool, tally, {
    seed: outcome.seed,
    faulty: outcome.schedule.length > 0,
    found: outcome.verdict === "violated",
  });
  const never = outcome.sometimes.filter(([, reached]) => !reached);
  return {
    unjudged,
    lacks: [...lacks, ...never.map(([name]) => `never true in this run: sometimes ${name}`)],
    remarks,
  };
}

async function verifyRun(
  pool: RunnerPool,
  request: Pick<RunOutcome, "seed"> & { readonly schedule: RunOutcome["schedule"] | undefined },
): Promise<void> {
  const { used, fresh } = await runTwice(pool, request);
  if (used.fingerprint === fresh.fingerprint) return;
  throw divergenceError(await findDivergence(pool, request));
}

function tellTimeline({ timeline = [] }: RunOutcome, style: Style): void {
  process.stdout.write(`${renderLines(timeline, style).join("\n")}\n\n`);
}

function tellVerdict(pool: RunnerPool, outcome: RunOutcome, wallMs: number, style: Style): void {
  const facts = `${formatNs(outcome.simulatedNs)} simulated in ${(wallMs / 1_000).toFixed(2)}s · ${count(outcome.events)} events · ${count(outcome.operations)} operations`;
  const faults = faultsWord(outcome.schedule.length);
  if (outcome.verdict === "violated") {
    const directory = process.cwd();
    const known = readFindings(directory, { world: pool.info.path });
    const finding = foundRecord(known, outcome, new Date().toISOString());
    const about = { directory, faultsBefore: outcome.schedule.length, finding };
    const saved = saveReplay(pool, outcome, about);
    const replay = replayLine(pool, outcome, saved);
    const again = `npx lightcone explore ${worldWord(pool)} --seed ${formatSeed(outcome.seed)} --runs 1`;
    process.stdout.write(
      renderRun(outcome, {
        style,
        subtitle: faults,
        footer: saved.path === undefined ? [replay] : [replay, ["shrink", again]],
      }),
    );
  } else {
    const mark = outcome.verdict === "held" ? style.green("✓") : style.yellow("?");
    process.stdout.write(
      `${mark} ${style.bold(outcome.world)}  ${style.dim(`seed ${formatSeed(outcome.seed)} · ${faults}`)}\n`,
    );
    for (const { check, why } of outcome.undecided) {
      process.stdout.write(`  ${style.yellow(`${check} is undecided: ${why}`)}\n`);
    }
  }
  const drawn = drawnLine(outcome.drawn ?? []);
  if (drawn !== undefined) process.stdout.write(`  ${style.dim(`drawn  ${drawn}`)}\n`);
  process.stdout.write(`  ${style.dim(`${facts} · fingerprint ${outcome.fingerprint}`)}\n`);
}
