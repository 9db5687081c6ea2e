/** The faults of a story: those that may matter to it, what each did, and what it meant that it ended. */
import { formatNs } from "../base/units.ts";
import type { Evidence } from "../check/verdict.ts";
import type { Operation } from "../history/operation.ts";
import { describeFault, describeLift } from "../sim/fault-words.ts";
import { endNs, type Fault } from "../sim/faults.ts";
import type { StoryLine } from "../trace/story.ts";
import { keyText } from "./concerned.ts";
import type { Judged } from "./judge.ts";

/** More faults than that are told by number: nobody reads them, and shrinking will leave fewer. */
const FAULTS_TOLD_MAX = 12;

/** The part of a run that a story is about. */
export interface Focus {
  /** Its first moment. */
  readonly fromNs: number;
  /** Its last one, or `Infinity` where all that happened until the end of the run may matter. */
  readonly untilNs: number;
}

/** Lines for the faults that had begun by the end of the story; the nearest ones, if they are many. */
export function faultLines(judged: Judged, evidence: Evidence, focus: Focus): StoryLine[] {
  const begun = judged.schedule.filter(({ startNs }) => {
    return startNs <= focus.untilNs && startNs < judged.calmFromNs;
  });
  const told = nearest(begun, focus);
  const lines = told.flatMap((fault) => linesOf(fault, judged, evidence, focus.untilNs));
  return [...lines, ...leftOut(begun, told, judged)];
}

/** Those that are on while the story goes on come first, then those that end shortly before, or begin after. */
function nearest(faults: readonly Fault[], { fromNs, untilNs }: Focus): readonly Fault[] {
  if (faults.length <= FAULTS_TOLD_MAX) return faults;
  const center = untilNs === Infinity ? fromNs : untilNs;
  const distance = (fault: Fault): number => {
    return Math.max(0, fault.startNs - center, center - endNs(fault));
  };
  const byDistance = [...faults].sort((a, b) => distance(a) - distance(b));
  const chosen = new Set(byDistance.slice(0, FAULTS_TOLD_MAX));
  return faults.filter((fault) => chosen.has(fault));
}

/** Says how many faults are not told, where they would have stood: before those that are, or after. */
function leftOut(
  begun: readonly Fault[],
  told: readonly Fault[],
  { calmFromNs }: Judged,
): StoryLine[] {
  const firstNs = Math.min(...told.map(({ startNs }) => startNs));
  const rest = begun.filter((fault) => !told.includes(fault));
  const before = rest.filter(({ startNs }) => startNs <= firstNs);
  const after = rest.filter(({ startNs }) => startNs > firstNs);
  const lines: StoryLine[] = [];
  if (before.length > 0) {
    lines.push(note(before[0]?.startNs ?? 0, `${faults(before.length)} before this`));
  }
  if (after.length > 0) lines.push(note(calmFromNs, `${faults(after.length)} more until here`));
  return lines;
}

function faults(count: number): string {
  return `${count} ${count === 1 ? "fault" : "faults"}`;
}

function note(atNs: number, text: string): StoryLine {
  return { atNs, who: "fault", text, tone: "fault" };
}

function linesOf(fault: Fault, judged: Judged, evidence: Evidence, untilNs: number): StoryLine[] {
  const begins = note(fault.startNs, [describeFault(fault), ...lossesOf(fault, judged)].join("\n"));
  const atNs = Math.min(endNs(fault), judged.calmFromNs);
  return atNs <= untilNs ? [begins, liftLine(fault, atNs, evidence, judged)] : [begins];
}

/** What the disks lost, where the fault took the power from machines. */
function lossesOf(fault: Fault, { losses }: Judged): string[] {
  if (fault.kind !== "crash" || fault.params.how !== "machine") return [];
  return losses
    .filter(({ host, atNs }) => atNs === fault.startNs && fault.targets.includes(host))
    .flatMap(({ host, lost }) => {
      return lost.map((what) => (fault.targets.length > 1 ? `${host}: ${what}` : what));
    });
}

/** Whoever wakes up and still holds what another has got meanwhile is the point of many a story. */
function liftLine(fault: Fault, atNs: number, evidence: Evidence, judged: Judged): StoryLine {
  if (fault.kind !== "pause")
    return { atNs, who: "fault", text: describeLift(fault), tone: "lift" };
  const holders = fault.targets.flatMap((who) => {
    const held = heldBy(who, atNs, evidence, judged);
    return held === undefined ? [] : [{ who, held }];
  });
  const [first] = holders;
  if (fault.targets.length === 1) {
    const text = first === undefined ? "resumes" : `resumes, and still holds ${first.held}`;
    return { atNs, who: fault.targets[0] as string, text, tone: "lift" };
  }
  const holding = holders.map(({ who, held }) => `${who} still holds ${held}`);
  const text = [describeLift(fault), ...holding].join("; ");
  return { atNs, who: "fault", text, tone: "lift" };
}

function heldBy(
  who: string,
  atNs: number,
  evidence: Evidence,
  { plan, history }: Judged,
): string | undefined {
  const holdings = plan.checks.flatMap(({ givenUpAtDeath }) => givenUpAtDeath?.[0] ?? []);
  const concerned = evidence.operations.flatMap((index) => history.operations[index] ?? []);
  const mine = concerned.filter(({ process }) => process === who);
  const acquired = mine.find((op) => holdings.includes(op.f) && op.completeNs <= atNs);
  if (!acquired) return undefined;
  const given = mine.some((op) => !holdings.includes(op.f) && op.invokeNs < atNs);
  return given ? undefined : keyOrIt(acquired.key);
}

/** Who holds what an operation waits for, in the sense of a check such as `mutex`: "worker-2 since 12.4s". */
export function holderOf(key: unknown, { plan, history }: Judged): string | undefined {
  for (const { givenUpAtDeath } of plan.checks) {
    if (!givenUpAtDeath) continue;
    const [acquires, releases] = givenUpAtDeath.map((words) => [words].flat());
    const onKey = history.operations.filter((one) => keyText(one.key) === keyText(key));
    const held = onKey.findLast((one) => {
      if (acquires?.includes(one.f) !== true || one.outcome !== "ok") return false;
      return !onKey.some((other) => {
        return releases?.includes(other.f) && isSameClient(one, other) && other.index > one.index;
      });
    });
    if (held) return `${held.process} since ${formatNs(held.completeNs)}`;
  }
  return undefined;
}

/** One process may have several operations open, each under a name of its own. */
function isSameClient(a: Operation, b: Operation): boolean {
  return (a.client ?? a.process) === (b.client ?? b.process);
}

function keyOrIt(key: unknown): string {
  return key === undefined || key === null ? "it" : keyText(key);
}
