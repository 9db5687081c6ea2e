/** Formats a run as one line of JSON, for programs. */
import type { Evidence } from "../check/verdict.ts";

/** The data of a run that is reported. */
export interface ToldRun {
  readonly seed: number;
  readonly verdict: string;
  readonly fingerprint: string;
  readonly events: number;
  readonly violations: readonly { readonly check: string; readonly evidence: Evidence }[];
  readonly undecided: readonly { readonly check: string; readonly why: string }[];
  readonly operations: number;
  readonly faultsBegun: number;
  readonly drawn?: readonly ToldDraw[] | undefined;
  readonly simulatedNs: number;
  readonly coverage?: { readonly idle: readonly IdleCheck[] } | undefined;
  /** Sentences about what was not checked. */
  readonly notes?: readonly string[];
}

/** What was drawn of one word for faults. */
export interface ToldDraw {
  readonly word: string;
  readonly on: boolean;
  readonly everyNs: number | undefined;
  readonly lastsNs: number;
  readonly faults: number;
}

interface IdleCheck {
  readonly check: string;
  readonly looksFor: readonly string[] | undefined;
}

/**
 * Returns one line, newline included: `seed`, `verdict`, `fingerprint`, `events`, `violations`, and
 * figures. `undecided`, `idle` (checks that had nothing to judge) and `notes` are included if they
 * are not empty.
 */
export function runAsJson(run: ToldRun): string {
  const { seed, verdict, fingerprint, events, operations, faultsBegun, simulatedNs } = run;
  const { notes = [], drawn = [], coverage: { idle } = { idle: [] } } = run;
  const violations = run.violations.map(({ check, evidence }) => ({
    check,
    summary: evidence.summary,
    ...(evidence.anomaly !== undefined && { anomaly: evidence.anomaly }),
    ...(evidence.key !== undefined && { key: evidence.key }),
  }));
  const told = {
    seed,
    verdict,
    fingerprint,
    events,
    violations,
    ...(run.undecided.length > 0 && { undecided: run.undecided }),
    ...(idle.length > 0 && { idle }),
    ...(notes.length > 0 && { notes }),
    operations,
    faults: faultsBegun,
    ...(drawn.length > 0 && {
      drawn: drawn.map(({ word, on, everyNs, lastsNs, faults }) => ({
        word,
        on,
        ...(on && everyNs !== undefined && { everyMs: Math.round(everyNs / 1e6) }),
        ...(on && { lastsMs: Math.round(lastsNs / 1e6) }),
        faults,
      })),
    }),
    simulatedMs: simulatedNs / 1e6,
  };
  return `${JSON.stringify(told)}\n`;
}
