/**
 * A campaign from its first run to the files about what it found: runs, the review of what they judged, shrinking,
 * the replay file, the trace and the page. The command line, the test runners and the library tell its result, each
 * in its own way.
 */
import { isDeepStrictEqual } from "node:util";
import { LightconeError } from "../base/errors.ts";
import type { RunOutcome } from "../world/outcome.ts";
import { type CampaignOptions, type CampaignResult, runCampaign } from "./campaign.ts";
import { withDeadline } from "./deadline.ts";
import { divergenceError, findDivergence } from "./diverge.ts";
import { requestOf, shrinkFinding } from "./fewer-hosts.ts";
import {
  type FindingRecord,
  foundRecord,
  type KnownFinding,
  noteRerun,
  readFindings,
  removeReplay,
  type Rerun,
} from "./findings.ts";
import type { RunnerPool } from "./pool.ts";
import { type Review, reviewCoverage } from "./review.ts";
import { type SavedReplay, saveReplay, type SavedTrace, saveTrace } from "./saved-files.ts";
import type { ShrunkRun } from "./shrink-run.ts";
import { recordRun } from "./trace-file.ts";

/** What to search for, and what to do with the first violation. */
export interface ExplorationOptions extends Omit<CampaignOptions, "pool"> {
  /** How long shrinking may take, in milliseconds, asked when the runs are made; `undefined` to skip it. */
  readonly shrinkMs: (() => number) | undefined;
  /** The folder below which the files about a violation are written; `undefined` to leave it as it was found. */
  readonly directory: string | undefined;
  /**
   * Whether the findings of this world below `directory` are run again first. If one is still there, it is told, and no
   * seeds are tried unless `all` is set.
   */
  readonly corpus?: boolean | undefined;
  /** Called when the runs are made, before they are reviewed. */
  readonly onRunsMade?: (campaign: CampaignResult) => void;
  /** Called with the violated run before it is shrunk. Its replay file is already written. */
  readonly onFound?: (found: RunOutcome, replay: SavedReplay) => void;
  /** Called for every run of shrinking. `faults`: those that are left. */
  readonly onShrink?: (faults: number, runs: number) => void;
}

/** The result of a campaign. */
export interface Exploration {
  readonly campaign: CampaignResult;
  readonly review: Review;
  /** The conditions of `sometimes` that the runs reached and that were true in none; empty after a single run. */
  readonly neverTrue: readonly string[];
  /** The violated run of the lowest seed, followed up; one of an earlier campaign that is still there comes first. */
  readonly finding: Finding | undefined;
  /** The findings of earlier campaigns that were run again. */
  readonly reruns: readonly Rerun[];
  /** How long it took, in milliseconds of real time. */
  readonly wallMs: number;
}

/** A violated run with all that is known about it. */
export interface Finding {
  /** The run as it was found. */
  readonly found: RunOutcome;
  /** The run as it is told: after shrinking, if it was shrunk. */
  readonly outcome: RunOutcome;
  /** `undefined` if it was not shrunk. */
  readonly shrunk: ShrunkRun | undefined;
  readonly replay: SavedReplay;
  /** `undefined` if the user had interrupted: the trace needs another run. */
  readonly trace: SavedTrace | undefined;
  /** What is known about it over campaigns. */
  readonly record: FindingRecord;
}

/**
 * Runs a campaign, and shrinks and records the violation of the lowest seed. Rejects with `LC_DIVERGED` if two equal
 * runs differed, with `LC_INTERRUPTED` if no run was made before the signal, with `LC_NOTHING_JUDGED` if nothing was
 * judged, and with the error of a run that could not be made if none was.
 */
export async function exploreWorld(
  pool: RunnerPool,
  options: ExplorationOptions,
): Promise<Exploration> {
  const startMs = performance.now();
  const { signal, firstSeed, directory, corpus = false, all = false } = options;
  const readKnown = (): KnownFinding[] =>
    directory === undefined ? [] : readFindings(directory, { world: pool.info.path });
  const before = corpus ? readKnown() : undefined;
  const again = before && (await runAgain(pool, before, options));
  const campaign =
    again && isEnough(again.campaign, { all, signal })
      ? again.campaign
      : await runCampaign({ ...options, pool });
  options.onRunsMade?.(campaign);
  if (campaign.mismatch) {
    throw divergenceError(await findDivergence(pool, campaign.mismatch.request));
  }
  // Nothing is known of a world that never completed a run.
  if (campaign.runs === 0) throw campaign.failure ?? interrupted();
  const review = await reviewCoverage(pool, campaign.coverage, {
    seed: firstSeed,
    faulty: campaign.faults > 0,
    found: campaign.violated > 0 || campaign.failure !== undefined,
    hurried: signal?.aborted === true,
  });
  const violation = again?.campaign.violation ?? campaign.violation;
  // A seed that is tried may violate what the finding of that seed no longer shows.
  const isKnown = violation !== undefined && violation === again?.campaign.violation;
  const rerun = isKnown ? again?.reruns.find(({ outcome }) => outcome === violation) : undefined;
  const finding =
    violation && directory !== undefined
      ? await followUp(pool, violation, {
          ...options,
          directory,
          known: before ?? readKnown(),
          rerun,
        })
      : undefined;
  const wallMs = performance.now() - startMs;
  const reruns = again?.reruns ?? [];
  return { campaign, review, neverTrue: neverTrue(campaign), finding, reruns, wallMs };
}

/** Runs the findings of earlier campaigns again, and records whether they are still there. */
async function runAgain(
  pool: RunnerPool,
  known: readonly KnownFinding[],
  { signal, onRun, firstSeed }: ExplorationOptions,
): Promise<{ campaign: CampaignResult; reruns: readonly Rerun[] } | undefined> {
  if (known.length === 0) return undefined;
  const outcomes: RunOutcome[] = [];
  const campaign = await runCampaign({
    pool,
    firstSeed,
    cases: known.map(({ replay }) => requestOf(replay)),
    all: true,
    signal,
    onRun: (outcome) => {
      outcomes.push(outcome);
      onRun?.(outcome);
    },
  });
  const now = new Date().toISOString();
  // An interrupted campaign has gaps, so the order of outcomes does not say which finding they are about.
  const reruns = outcomes.flatMap((outcome) => {
    const finding = known.find(({ replay: { seed, schedule } }) => {
      return seed === outcome.seed && isDeepStrictEqual(schedule, outcome.schedule);
    });
    return finding ? [noteRerun(finding, outcome, now)] : [];
  });
  return { campaign, reruns };
}

/** Whether running earlier findings again was all of a campaign: no seeds are to be tried. */
function isEnough(
  { violated, failure, mismatch }: CampaignResult,
  { all, signal }: Pick<ExplorationOptions, "all" | "signal">,
): boolean {
  if (failure !== undefined || mismatch !== undefined || signal?.aborted === true) return true;
  return violated > 0 && all !== true;
}

/** The error for an interrupt before there was any result. */
export function interrupted(): LightconeError {
  return new LightconeError("LC_INTERRUPTED", "interrupted before the first run was over");
}

async function followUp(
  pool: RunnerPool,
  found: RunOutcome,
  options: ExplorationOptions & {
    readonly directory: string;
    readonly known: readonly KnownFinding[];
    /** The finding of an earlier campaign that the run shows: it was shrunk then. */
    readonly rerun: Rerun | undefined;
  },
): Promise<Finding> {
  const { signal, shrinkMs, directory, known, rerun, onFound, onShrink } = options;
  const isAsked = (): boolean => signal?.aborted === true;
  const faultsBefore = rerun?.finding.replay.faultsBefore ?? found.schedule.length;
  const now = new Date().toISOString();
  let record = rerun?.record ?? foundRecord(known, found, now);
  // Shrinking takes a while. If the user ends it by force, the violation found should not be lost.
  let replay = saveReplay(pool, found, { directory, faultsBefore, finding: record });
  onFound?.(found, replay);
  const shrunk =
    shrinkMs === undefined || isAsked() || rerun !== undefined
      ? undefined
      : await withDeadline(signal, shrinkMs(), (deadline) => {
          const options = { signal: deadline, ...(onShrink && { onStep: onShrink }) };
          return shrinkFinding(pool, found, options);
        });
  if (shrunk) {
    record = foundRecord(known, shrunk.outcome, now);
    const { path } = replay;
    replay = saveReplay(pool, shrunk.outcome, { directory, faultsBefore, finding: record });
    const isReplaced = path !== undefined && replay.path !== undefined && path !== replay.path;
    // The file of an earlier finding with that seed is not to be lost.
    if (isReplaced && !known.some((each) => each.path === path)) removeReplay(path);
  }
  const last = shrunk?.outcome ?? found;
  // Without a record the run is told as it was judged.
  const outcome = isAsked() ? last : await recordRun(pool, last).catch(() => last);
  const command = replay.path === undefined ? undefined : replay.command;
  const files = { directory, before: found.schedule, replay: command };
  const trace = isAsked() ? undefined : await saveTrace(pool, outcome, files);
  return { found, outcome, shrunk, replay, trace, record };
}

/** A `sometimes` is a statement about a campaign, not about one or two runs. */
function neverTrue({ sometimes, runs }: CampaignResult): string[] {
  if (runs < 2) return [];
  return [...sometimes].filter(([, reached]) => !reached).map(([name]) => name);
}
