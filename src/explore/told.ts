/** Tells an exploration as plain data, with the story as text. */
import { relative } from "node:path";
import { messageOf } from "../base/errors.ts";
import {
  type Explored,
  type ExploredFinding,
  type ExploredRecord,
  type ExploredRerun,
  faultsWord,
  plainStyle,
  renderViolation,
  shrunkNotes,
  shrunkSubtitle,
  type Style,
} from "../report/index.ts";
import { describeFault } from "../sim/faults/index.ts";
import type { RunOutcome } from "../world/outcome.ts";
import type { Exploration, Finding } from "./exploration.ts";
import type { FindingRecord, Rerun } from "./findings.ts";
import type { RunnerPool } from "./pool.ts";
import { formatSeed } from "./replay-file.ts";
import { toldShrink } from "./shrink-run.ts";

/** What a story says besides the run itself. */
export interface StoryOptions {
  /** The text after the seed: "7 faults, 1 after shrinking". */
  readonly subtitle: string;
  /** Lines below the story, such as ["replay", "npx lightcone replay ..."]. */
  readonly footer: readonly (readonly [label: string, text: string])[];
  /** Default: no colours. */
  readonly style?: Style;
}

/** The story of a violated run: its first violation, and the others in a sentence each; empty without any. */
export function renderRun(outcome: RunOutcome, options: StoryOptions): string {
  const [first, ...others] = outcome.violations;
  if (!first) return "";
  const { subtitle, footer, style = plainStyle } = options;
  return renderViolation(
    {
      world: outcome.world,
      subtitle: `seed ${formatSeed(outcome.seed)} · ${subtitle}`,
      check: first.check,
      story: first.story,
      others,
      footer,
    },
    style,
  );
}

/** What `toldExploration` needs besides the exploration. */
export interface ToldOptions {
  readonly firstSeed: number;
  /** Whether what was not judged makes the verdict "violated". */
  readonly strict: boolean;
  /** The folder below which files were written: paths in the story are relative to it. */
  readonly directory: string;
}

/** An exploration as plain data. */
export function toldExploration(
  { info }: RunnerPool,
  exploration: Exploration,
  { firstSeed, strict, directory }: ToldOptions,
): Explored {
  const { campaign, review, neverTrue, finding, reruns, wallMs } = exploration;
  const { runs, violated, undecided, failure } = campaign;
  const unjudged = [
    ...review.unjudged,
    ...review.lacks,
    ...(undecided > 0 ? [`${undecided} of ${runs} runs are undecided`] : []),
  ];
  const isViolated = violated > 0 || neverTrue.length > 0 || (strict && unjudged.length > 0);
  return {
    world: info.name,
    path: info.path,
    verdict: isViolated ? "violated" : "held",
    reruns: reruns.map(toldRerun),
    finding: finding && toldFinding(finding, directory),
    runs,
    violatedRuns: violated,
    undecidedRuns: undecided,
    firstSeed,
    wallMs,
    simulatedMs: campaign.simulatedNs / 1e6,
    operations: campaign.operations,
    faults: campaign.faults,
    unjudged,
    neverTrue,
    remarks: review.remarks,
    failure: failure === undefined ? undefined : messageOf(failure),
  };
}

function toldRerun({ finding: { path, replay }, record }: Rerun): ExploredRerun {
  const { check = "", summary = "" } = replay.violations[0] ?? {};
  return { ...toldRecord(record), replayFile: path, check, summary };
}

function toldRecord({ state, count, firstFound }: FindingRecord): ExploredRecord {
  return { state, count, firstFound };
}

/**
 * What is worth saying of a finding that is known from earlier campaigns: a line of a footer. Nothing of one that is
 * new.
 */
export function knownLine(record: FindingRecord): readonly [label: string, text: string][] {
  const { state, count, firstFound } = record;
  if (state === "new") return [];
  const since = `first found ${firstFound.slice(0, 10)}`;
  const times = count === 1 ? "" : `, by ${count} campaigns`;
  const words = state === "regressed" ? "regressed: it was gone, and is there again" : state;
  return [["known", `${words} (${since}${times})`]];
}

function toldFinding(finding: Finding, directory: string): ExploredFinding | undefined {
  const { found, outcome, shrunk, replay, trace, record } = finding;
  const [first] = outcome.violations;
  if (!first) return undefined;
  const told = shrunk && toldShrink(shrunk);
  const faultsBefore = found.schedule.length;
  const footer: (readonly [string, string])[] = [
    ...knownLine(record),
    replay.path === undefined
      ? ["replay", `there is no replay file: ${replay.problem}`]
      : ["replay", replay.command],
  ];
  if (trace?.path !== undefined && trace.page !== undefined) {
    footer.push(["report", relative(directory, trace.page)]);
  }
  const subtitle = told ? shrunkSubtitle(told) : faultsWord(faultsBefore);
  return {
    ...toldRecord(record),
    seed: outcome.seed,
    check: first.check,
    summary: first.evidence.summary,
    story: renderRun(outcome, { subtitle, footer }),
    notes: told ? shrunkNotes(told) : [],
    faults: outcome.schedule.map(describeFault),
    faultsBefore,
    replayFile: replay.path,
    replayCommand: replay.path === undefined ? undefined : replay.command,
    traceFile: trace?.path,
    pageFile: trace?.path === undefined ? undefined : trace.page,
  };
}
