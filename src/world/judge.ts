/**
 * Judges a finished run with the world's own checks and the built-in ones, and creates the stories of
 * violations.
 */
import { LightconeError } from "../base/errors.ts";
import type { Evidence, Step, Verdict } from "../check/verdict.ts";
import type { History } from "../history/operation.ts";
import type { OperationEvents } from "../trace/trace.ts";
import type { PowerLoss, TakenName } from "../sim/disk/index.ts";
import type { Fault } from "../sim/faults/index.ts";
import type { LostEnd } from "../sim/network/index.ts";
import type { Assertions } from "./assertions.ts";
import {
  type HangingAt,
  judgeAssertions,
  judgeEnds,
  judgeHangs,
  judgeStarts,
  type NeverStarted,
  tolerableOf,
  type UnwantedEnd,
  type Violation,
} from "./built-in-checks.ts";
import { causeOfEvidence } from "./causes.ts";
import { hasJudged, type IdleCheck } from "./coverage.ts";
import type { RunOutcome, RunViolation } from "./outcome.ts";
import type { Plan } from "./plan.ts";
import { namesAnything, tellStory } from "./story.ts";
import { holderOf } from "./story-faults.ts";
import { describeThrown } from "./thrown.ts";
import { seenFaults } from "./seen.ts";
import type { Check, RunRecord } from "./types.ts";

/** The input of a judge. */
export interface Judged {
  readonly plan: Plan;
  readonly seed: number;
  readonly history: History;
  readonly schedule: readonly Fault[];
  readonly assertions: Assertions;
  readonly ends: readonly UnwantedEnd[];
  /** Operations that waited through the whole calm period. */
  readonly hanging: readonly HangingAt[];
  /** Programs that waited for others of their host through the whole calm period. */
  readonly neverStarted: readonly NeverStarted[];
  /** Data that disks lost in power losses. */
  readonly losses: readonly (PowerLoss & { readonly host: string })[];
  /** By host: connections whose other end a power loss destroyed. */
  readonly lostEnds: ReadonlyMap<string, readonly LostEnd[]>;
  /** By host with an operation open at the end: what became of its connections, one line each. */
  readonly connectionsOfWaiting: ReadonlyMap<string, readonly string[]>;
  /** The names on a host's disk that a process took from another living one. */
  readonly takenNames: (host: string) => readonly TakenName[];
  /** The hosts at the end of the run, for checks. */
  readonly hosts: RunRecord["hosts"];
  readonly calmFromNs: number;
  /** Whether the run was complete, so that requirements at its end can be judged. */
  readonly whole: boolean;
}

/** The verdicts of all checks, and the violations with their stories. */
export function judgeRun(
  judged: Judged,
): Pick<RunOutcome, "violations" | "undecided"> & { readonly idle: readonly IdleCheck[] } {
  const { plan, history, calmFromNs } = judged;
  // Unexpected ends of processes come first, because other violations may only be their consequence.
  const unwanted = judged.ends.filter(({ how }) => !plan.tolerate.has(tolerableOf[how]));
  const violations: Violation[] = judgeEnds(unwanted, history);
  const undecided: { check: string; why: string }[] = [];
  const idle: IdleCheck[] = [];
  for (const check of plan.checks) {
    const { verdict, sawHosts } = ask(check, judged);
    if (verdict.result === "unknown") undecided.push({ check: check.name, why: verdict.why });
    if (verdict.result === "holds" && !hasJudged(check, history)) {
      idle.push({ check: check.name, looksFor: check.looksFor });
    }
    if (verdict.result !== "violated") continue;
    for (const evidence of verdict.evidence) {
      violations.push({ check: check.name, evidence, ...(sawHosts && { looksAtEnd: true }) });
    }
  }
  violations.push(...judgeAssertions(judged.assertions, history, calmFromNs, judged.whole));
  if (judged.whole && !plan.tolerate.has("hangs") && plan.calmNs > 0) {
    const holder = (key: unknown): string | undefined => holderOf(key, judged);
    violations.push(...judgeStarts(judged.neverStarted, plan.durationNs));
    violations.push(...judgeHangs(history, judged.hanging, calmFromNs, plan.durationNs, holder));
  }
  return {
    violations: violations.map((violation) => toldViolation(violation, judged)),
    undecided,
    idle,
  };
}

/** A violation with its story, its causes, and the time at which its evidence was complete. */
function toldViolation(violation: Violation, judged: Judged): RunViolation {
  const { check, evidence, takesWholeRun = false, looksAtEnd = false } = violation;
  const names = judged.plan.hosts.map(({ name }) => name);
  const causes = violation.causes ?? [
    causeOfEvidence(evidence, names),
    ...(evidence.manner === undefined ? [] : [evidence.manner]),
  ];
  const whole = takesWholeRun || looksAtEnd || !namesAnything(evidence);
  return {
    check,
    evidence,
    causes,
    completeNs: whole ? undefined : completeNs(evidence, judged),
    story: tellStory(evidence, judged, looksAtEnd),
    operations: eventsOf(evidence, judged),
  };
}

/** The events of the operations that an evidence names; operations that were not recorded as events are left out. */
function eventsOf(evidence: Evidence, { history }: Judged): OperationEvents[] {
  const edges = evidence.cycle?.flatMap(({ from, to }) => [from, to]) ?? [];
  return [...new Set([...evidence.operations, ...edges])].flatMap((index) => {
    const { invokeEvent, completeEvent } = history.operations[index] ?? {};
    if (invokeEvent === undefined) return [];
    return [
      {
        index,
        invoke: invokeEvent,
        ...(completeEvent !== undefined && { complete: completeEvent }),
      },
    ];
  });
}

/** The time of the last evidence. A run that ends soon after it may show the same violation. */
function completeNs({ steps, operations }: Evidence, { history }: Judged): number | undefined {
  const times = operations.map((index) => {
    const { completeNs = 0, invokeNs = 0 } = history.operations[index] ?? {};
    return completeNs === Infinity ? invokeNs : completeNs;
  });
  for (const { atNs, operation } of steps) {
    if (operation === undefined && atNs !== undefined) times.push(atNs);
  }
  const lastNs = Math.max(...times);
  return Number.isFinite(lastNs) ? lastNs : undefined;
}

/** A check's verdict, and whether the check has looked at hosts as they are at the end of the run. */
function ask(check: Check, judged: Judged): { verdict: Verdict; sawHosts: boolean } {
  const { history, seed, schedule, hosts, calmFromNs, plan } = judged;
  let sawHosts = false;
  const record: RunRecord = {
    history,
    seed,
    // Only described for checks that ask.
    get faults() {
      return seenFaults(schedule, calmFromNs);
    },
    get hosts() {
      sawHosts = true;
      return hosts;
    },
    calmFromNs,
    durationNs: plan.durationNs,
  };
  return { verdict: verdictOf(check, record), sawHosts };
}

/** Converts a check's answer to a verdict. A check that throws is unreliable, so the run cannot be judged. */
function verdictOf(check: Check, record: RunRecord): Verdict {
  let answer: Verdict | boolean | string;
  try {
    answer = check.judge(record);
  } catch (error) {
    if (error instanceof LightconeError) throw error;
    const { what, stack } = describeThrown(error);
    const place = stack[0] === undefined ? "" : ` (at ${stack[0]})`;
    throw new LightconeError(
      "LC_CHECK_THREW",
      `the check ${JSON.stringify(check.name)} throws: ${what}${place}`,
    );
  }
  if (typeof (answer as unknown as PromiseLike<unknown> | undefined)?.then === "function") {
    throw new LightconeError(
      "LC_BAD_CHECK",
      `the check ${JSON.stringify(check.name)} answers a promise, and nobody waits for it`,
      "A check judges what was recorded: judge(run) is no async function.",
    );
  }
  if (answer === true) return { result: "holds" };
  if (answer === false) return violatedBy(`${check.name} does not hold`);
  if (typeof answer === "string") return violatedBy(answer);
  if (isVerdict(answer)) return answer;
  throw new LightconeError(
    "LC_BAD_CHECK",
    `the check ${JSON.stringify(check.name)} answers ${JSON.stringify(answer)}`,
    'It should answer true, false, a sentence that says what is wrong, or a verdict ({ result: "holds" }).',
  );
}

/** Validates a verdict, because a user's own check may return anything. */
function isVerdict(answer: Verdict): boolean {
  switch (answer?.result) {
    case "holds":
      return true;
    case "unknown":
      return typeof answer.why === "string";
    case "violated":
      return (
        Array.isArray(answer.evidence) &&
        answer.evidence.length > 0 &&
        answer.evidence.every(isEvidence)
      );
    default:
      return false;
  }
}

function isEvidence(evidence: Evidence | undefined): boolean {
  return (
    typeof evidence?.summary === "string" &&
    Array.isArray(evidence.steps) &&
    evidence.steps.every((step: Step | undefined) => typeof step?.text === "string") &&
    Array.isArray(evidence.operations)
  );
}

function violatedBy(summary: string): Verdict {
  const evidence: Evidence = { summary, steps: [], operations: [] };
  return { result: "violated", evidence: [evidence] };
}
