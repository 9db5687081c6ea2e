/** The faults in a story: those that may be relevant, the effect of each, and the consequence of its end. */
import { formatNs } from "../base/units.ts";
import type { Evidence } from "../check/verdict.ts";
import type { Operation } from "../history/operation.ts";
import { describeFault, describeLift, endNs, type Fault, faultKind } from "../sim/faults/index.ts";
import type { StoryLine } from "../trace/story.ts";
import { hostsOf, keyText } from "./concerned.ts";
import type { Judged } from "./judge.ts";

/**
 * At most this many faults are listed, because more are unreadable and shrinking will leave fewer. The rest
 * are only counted.
 */
const FAULTS_TOLD_MAX = 12;

/** At most this many losses of one fault are listed. */
const LOSSES_TOLD_MAX = 7;

/** The part of a run that a story covers. */
export interface Focus {
  /** Its beginning. */
  readonly fromNs: number;
  /** Its end, or `Infinity` if everything until the end of the run may be relevant. */
  readonly untilNs: number;
}

/** Lines for the faults that had begun by the end of the story; if there are many, only the nearest ones. */
export function faultLines(judged: Judged, evidence: Evidence, focus: Focus): StoryLine[] {
  const begun = judged.schedule.filter(({ startNs }) => {
    return startNs <= focus.untilNs && startNs < judged.calmFromNs;
  });
  const told = nearest(begun, focus);
  const lines = told.flatMap((fault) => linesOf(fault, judged, evidence, focus.untilNs));
  return [...lines, ...leftOut(begun, told, judged)];
}

/** Faults that are active during the story come first, then those that end shortly before or begin after it. */
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

/** Lines with the number of faults left out, placed before or after the listed ones. */
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
  const words = [
    describeFault(untilCalm(fault, judged)),
    ...lossesOf(fault, judged),
    ...heardOf(fault, judged, evidence),
  ];
  const begins = note(fault.startNs, words.join("\n"));
  const atNs = Math.min(endNs(fault), judged.calmFromNs);
  if (faultKind(fault.kind).instant === true) return [begins];
  return atNs <= untilNs ? [begins, liftLine(fault, atNs, evidence, judged)] : [begins];
}

/** A fault as long as it lasted: all are lifted when the calm begins. */
function untilCalm(fault: Fault, { calmFromNs }: Judged): Fault {
  return { ...fault, durationNs: Math.min(fault.durationNs, calmFromNs - fault.startNs) };
}

/** What disks lost, if the fault has damaged them. */
function lossesOf(fault: Fault, { losses }: Judged): string[] {
  if (faultKind(fault.kind).damagesDisk?.(fault) !== true) return [];
  const isItsOwn = ({ atNs, by }: (typeof losses)[number]): boolean =>
    by === undefined
      ? atNs === fault.startNs
      : by === fault.kind && atNs >= fault.startNs && atNs < endNs(fault);
  const lines = losses
    .filter((loss) => fault.targets.includes(loss.host) && isItsOwn(loss))
    .flatMap(({ host, lost }) => {
      return lost.map((what) => (fault.targets.length > 1 ? `${host}: ${what}` : what));
    });
  const more = lines.length - LOSSES_TOLD_MAX;
  return more > 1 ? [...lines.slice(0, LOSSES_TOLD_MAX), `and ${more} more`] : lines;
}

/**
 * When the hosts of the story learned that a machine had lost power. Until then they wait for answers over
 * connections whose other end no longer exists.
 */
function heardOf(fault: Fault, judged: Judged, evidence: Evidence): string[] {
  const hosts = [...hostsOf(evidence, judged)].filter((host) => !fault.targets.includes(host));
  return hosts.flatMap((host) => {
    return fault.targets.flatMap((target) => {
      const lost = (judged.lostEnds.get(host) ?? []).filter((end) => {
        return end.with === target && end.lostNs === fault.startNs;
      });
      const open = lost.find(({ heardNs }) => heardNs === undefined);
      // The first error is how the host learns of it. What comes later may be for a process that died of the first.
      const ended = lost.toSorted((a, b) => Number(a.heardNs) - Number(b.heardNs));
      const told = open ?? ended.find(({ error }) => error !== "") ?? ended.at(-1);
      if (told === undefined) return [];
      const of = fault.targets.length > 1 ? `that ${target} is gone` : "of it";
      if (told.heardNs === undefined) return [`${host} never hears ${of}`];
      const when = formatNs(told.heardNs);
      if (told.error === "")
        return [`${host} closes its connection at ${when}, and has not heard ${of}`];
      const made = formatNs(told.madeNs);
      return [`${host} hears ${of} at ${when}, on its connection of ${made}: ${told.error}`];
    });
  });
}

/**
 * The line for the end of a fault. If a paused process resumes and still believes it holds something that
 * another process has acquired meanwhile, the line says so, because this is often the decisive point.
 */
function liftLine(fault: Fault, atNs: number, evidence: Evidence, judged: Judged): StoryLine {
  if (faultKind(fault.kind).keeps !== "paused") {
    const text = `${describeLift(fault)}${correction(fault, atNs, judged)}`;
    return { atNs, who: "fault", text, tone: "lift" };
  }
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

/**
 * The step that a wall clock makes when it is set right: a timer set before it then fires early or late. Only if
 * no other clock fault overlapped, because setting a clock right corrects what all of them did.
 */
function correction(fault: Fault, atNs: number, { schedule }: Judged): string {
  const { clockErrorNs } = faultKind(fault.kind);
  if (!clockErrorNs) return "";
  const overlaps = schedule.some((other) => {
    const isClock = faultKind(other.kind).clockErrorNs !== undefined;
    const meets = other.startNs <= atNs && endNs(other) >= fault.startNs;
    return isClock && meets && other !== fault && other.targets.some(isIn(fault.targets));
  });
  if (overlaps) return "";
  const aheadNs = clockErrorNs(fault, atNs - fault.startNs);
  if (aheadNs === undefined) return "";
  return `: ${aheadNs < 0 ? "ahead" : "back"} by ${formatNs(Math.abs(aheadNs))}`;
}

function isIn(names: readonly string[]): (name: string) => boolean {
  return (name) => names.includes(name);
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

/** The holder of what an operation waits for, as defined by a check such as `mutex`: "worker-2 since 12.4s". */
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

/** Whether two operations belong to one process. It may have several open, each under its own name. */
function isSameClient(a: Operation, b: Operation): boolean {
  return (a.client ?? a.process) === (b.client ?? b.process);
}

function keyOrIt(key: unknown): string {
  return key === undefined || key === null ? "it" : keyText(key);
}
