/**
 * The findings of a project: the replay files of violated runs below `.lightcone`. The same bug found twice is one
 * finding with a count, and each finding has a state over campaigns. All of it is in the replay files themselves, so that
 * two campaigns at once do no harm, and a file that is copied keeps what is known about it.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { explainSystemError, LightconeError, messageOf } from "../base/errors.ts";
import type { RunOutcome } from "../world/outcome.ts";
import { replaceFile } from "./replace-file.ts";
import { readReplay, REPLAY_DIRECTORY, scheduleFile, serializeReplay } from "./replay-file.ts";

/**
 * "new": found once. "ongoing": found again, or still there when it was run again. "resolved": held when it was run
 * again. "regressed": was resolved, and is there again.
 */
export type FindingState = "new" | "ongoing" | "resolved" | "regressed";

/** What is known about a finding over campaigns. */
export interface FindingRecord {
  /** The same for runs that show the same bug: see `findingKey`. */
  readonly key: string;
  readonly state: FindingState;
  /** The number of campaigns that found it. */
  readonly count: number;
  /** When it was found first and last, and when it was run again last: ISO 8601. */
  readonly firstFound: string;
  readonly lastFound: string;
  readonly lastRun: string;
}

/** A finding with the replay file that shows it: of several with one key, the latest. */
export interface KnownFinding {
  /** The absolute path of the replay file. */
  readonly path: string;
  readonly replay: ReturnType<typeof readReplay>;
  readonly record: FindingRecord;
}

/**
 * What identifies a bug: the check, the first cause that the check gives (an error with its line, for example), and the
 * kinds of the faults that are left.
 */
export function findingKey({
  violations,
  schedule,
}: Pick<RunOutcome, "violations" | "schedule">): string {
  const [first] = violations;
  const kinds = schedule.map(({ kind }) => kind).toSorted();
  return [first?.check ?? "", first?.causes[0] ?? "", kinds.join("+")].join(" | ");
}

/**
 * The findings below `directory`, those of a world if `world` (an absolute path) is given, the latest first. Files that
 * cannot be read are left out, and `onBad` hears of them.
 */
export function readFindings(
  directory: string,
  options: {
    readonly world?: string | undefined;
    readonly onBad?: (error: LightconeError) => void;
  } = {},
): KnownFinding[] {
  const folder = join(directory, REPLAY_DIRECTORY);
  const byKey = new Map<string, KnownFinding>();
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    try {
      const replay = readReplay(path);
      const { worldPath, finding } = replay;
      if (!finding || (options.world !== undefined && worldPath !== options.world)) continue;
      const id = JSON.stringify([worldPath, finding.key]);
      const other = byKey.get(id)?.record;
      const isLater = other === undefined || finding.lastFound > other.lastFound;
      if (isLater) byKey.set(id, { path, replay, record: finding });
    } catch (error) {
      if (!(error instanceof LightconeError)) throw error;
      options.onBad?.(error);
    }
  }
  return [...byKey.values()].toSorted((a, b) => (a.record.lastFound < b.record.lastFound ? 1 : -1));
}

/**
 * What is to be recorded of a run that a campaign found. `before`: the findings before the campaign. `now`: ISO 8601.
 */
export function foundRecord(
  before: readonly KnownFinding[],
  outcome: RunOutcome,
  now: string,
): FindingRecord {
  const key = findingKey(outcome);
  const known = before.find(({ record }) => record.key === key);
  if (!known) {
    return { key, state: "new", count: 1, firstFound: now, lastFound: now, lastRun: now };
  }
  const { record } = known;
  const state = stateAfter(record, true);
  return { ...record, state, count: record.count + 1, lastFound: now, lastRun: now };
}

/** Whether a run shows a finding: the check that it is about is violated. */
export function isShown({ replay }: KnownFinding, { violations }: RunOutcome): boolean {
  const [about] = replay.violations;
  return violations.some(({ check }) => about === undefined || check === about.check);
}

/** A finding of an earlier campaign that was run again. */
export interface Rerun {
  readonly finding: KnownFinding;
  readonly outcome: RunOutcome;
  /** What is known about it now. */
  readonly record: FindingRecord;
  /** The reason why the replay file could not be updated, if it could not. */
  readonly problem: string | undefined;
}

/** Records in its replay file how a finding was when it was run again. `now`: ISO 8601. */
export function noteRerun(finding: KnownFinding, outcome: RunOutcome, now: string): Rerun {
  const { path, replay } = finding;
  const state = stateAfter(finding.record, isShown(finding, outcome));
  const record = { ...finding.record, state, lastRun: now };
  const { worldPath: _, ...rest } = replay;
  try {
    replaceFile(path, serializeReplay({ ...rest, finding: record }));
    return { finding, outcome, record, problem: undefined };
  } catch (error) {
    return { finding, outcome, record, problem: messageOf(explainSystemError(error)) };
  }
}

/** Removes a replay file that another one has replaced, with its schedule. */
export function removeReplay(path: string): void {
  for (const file of [path, scheduleFile(path)]) rmSync(file, { force: true });
}

function stateAfter({ state }: FindingRecord, isViolated: boolean): FindingState {
  if (!isViolated) return "resolved";
  return state === "resolved" || state === "regressed" ? "regressed" : "ongoing";
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .toSorted();
  } catch {
    return [];
  }
}
