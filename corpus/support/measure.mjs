/**
 * Measures how a campaign does on a world: how soon it finds a violation, and what is left of its faults. Time is told
 * twice: what passed, and the processor time of the runner processes, which other work on the machine changes less.
 */
import { RunnerPool, runCampaign, shrinkRun, withDeadline } from "../../dist/explore/index.js";
import { processorSeconds } from "./processor-time.mjs";

const entry = new URL("../../dist/cli/runner-process.js", import.meta.url);
/** Shrinking may take as long as so many of the longest run, where that is more than `shrinkSeconds`. */
const SHRINK_RUNS = 40;
/** The first seeds of two campaigns lie so far apart. */
const SEEDS_APART = 100_000;

/**
 * One campaign, as `lightcone explore` makes it, in fresh processes: until a check is violated or `limitSeconds` are over,
 * then shrinking for `shrinkSeconds`, or longer where runs are slow. `number` counts from 0 and decides the seeds.
 */
export async function campaign(world, { number, limitSeconds, shrinkSeconds }) {
  const firstSeed = 1 + number * SEEDS_APART;
  const startMs = performance.now();
  const pool = await RunnerPool.start({ world, entry });
  try {
    const forMs = limitSeconds * 1_000;
    const { runs, violation, mismatch, failure } = await runCampaign({ pool, firstSeed, forMs });
    const seconds = (performance.now() - startMs) / 1_000;
    const processor = processorSeconds();
    refuse(mismatch, failure);
    if (!violation) return { found: false, runs, seconds, processor };
    const shrinkStartMs = performance.now();
    // As long as `lightcone explore` takes by default.
    const shrinkMs = Math.max(shrinkSeconds * 1_000, SHRINK_RUNS * pool.longestRunMs);
    const shrunk = await withDeadline(undefined, shrinkMs, (signal) =>
      shrinkRun(pool, violation, { signal }),
    );
    const [{ check, story }] = shrunk.outcome.violations;
    return {
      found: true,
      runs: violation.seed - firstSeed + 1,
      seconds,
      processor,
      check,
      seed: shrunk.outcome.seed,
      faults: shrunk.outcome.schedule.length,
      schedule: shrunk.outcome.schedule,
      shrinkRuns: shrunk.runs,
      shrinkSeconds: (performance.now() - shrinkStartMs) / 1_000,
      minimal: shrunk.minimal,
      story,
    };
  } finally {
    pool.stop();
  }
}

/** A row of figures from campaigns. */
export function summary(campaigns) {
  const found = campaigns.filter((one) => one.found);
  const all = (field) => found.map((one) => one[field]);
  return {
    campaigns: campaigns.length,
    found: found.length,
    checks: [...new Set(all("check"))],
    // A search in vain counts as it stood when it ended: the median is one of those that found, or it is at the limit.
    runs: median(campaigns.map(({ runs }) => runs)),
    seconds: round(median(campaigns.map(({ seconds }) => seconds))),
    processorSeconds: round(median(campaigns.map(({ processor }) => processor))),
    faults: median(all("faults")),
    faultsMost: found.length > 0 ? Math.max(...all("faults")) : undefined,
    shrinkRuns: median(all("shrinkRuns")),
    shrinkSeconds: round(median(all("shrinkSeconds"))),
    stories: found.map(({ seed, check, schedule, story }) => ({ seed, check, schedule, story })),
  };
}

/**
 * Makes so many runs of a world, and those of `findings` (seeds and schedules, after shrinking). Resolves to what was violated
 * how often, by check, and to how many findings violate the same check here, too: those of a world with the mended version
 * are about another bug.
 */
export async function soak(world, runs, findings = []) {
  const pool = await RunnerPool.start({ world, entry });
  const violated = {};
  try {
    const again = await Promise.all(
      findings.map(({ seed, schedule }) => pool.run({ seed, schedule })),
    );
    const findingsToo = again.filter(({ violations }, at) =>
      violations.some(({ check }) => check === findings[at].check),
    ).length;
    const { mismatch, failure } = await runCampaign({
      pool,
      firstSeed: 1,
      runs,
      all: true,
      onRun({ seed, violations }) {
        for (const { check, story } of violations) {
          violated[check] ??= { times: 0, seed, summary: story.summary };
          violated[check].times++;
        }
      },
    });
    refuse(mismatch, failure);
    return { runs, violated, findingsToo };
  } finally {
    pool.stop();
  }
}

function refuse(mismatch, failure) {
  if (failure !== undefined) throw failure;
  if (mismatch) throw new Error(`seed ${mismatch.request.seed} does not give the same run twice`);
}

/** The middle one of a list of numbers; of two, the larger. */
function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function round(seconds) {
  return seconds === undefined ? undefined : Number(seconds.toFixed(1));
}
