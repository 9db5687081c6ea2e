/**
 * Coverage: what was judged in a run, and in many runs. A check without anything to judge holds, and an
 * `always` that is never reached is never false. Neither may count as a verdict.
 */
import { LightconeError } from "../base/errors.ts";
import type { History } from "../history/operation.ts";
import { findFaultKind } from "../sim/faults/index.ts";
import type { Check } from "./types.ts";

/** A check that had nothing to judge. */
export interface IdleCheck {
  readonly check: string;
  /** The names of the operations that it looked for; see `Check.looksFor`. */
  readonly looksFor: readonly string[] | undefined;
}

/** What was judged in one run. Plain data. */
export interface Coverage {
  /** Checks that held without having anything to judge. */
  readonly idle: readonly IdleCheck[];
  /** The number of operations with each name, and how many of them were answered. */
  readonly operations: readonly (readonly [f: string, asked: number, answered: number])[];
  /** The assertions that programs reached, such as "always the queue is bounded". */
  readonly reached: readonly string[];
  /** The hosts of groups that recorded anything, and whether they still did so in the calm period. */
  readonly hosts: readonly (readonly [host: string, inCalm: boolean])[];
  /** By kind of fault: how many have ended, and how many of them changed anything. */
  readonly faults: readonly (readonly [kind: string, ended: number, mattered: number])[];
}

/** An assertion in a program's source text. */
export interface WrittenAssertion {
  /** "always", "sometimes" or "eventually". */
  readonly kind: string;
  readonly name: string;
  /** "worker.ts:12". */
  readonly place: string;
}

/** Whether a check that holds has judged anything. */
export function hasJudged({ looksFor }: Check, { operations }: History): boolean {
  if (looksFor === undefined) return operations.length > 0;
  return operations.some(
    ({ f, outcome }) => outcome === "ok" && (looksFor.length === 0 || looksFor.includes(f)),
  );
}

/** The number of operations with each name in a history. */
export function countOperations({ operations }: History): Coverage["operations"] {
  const counts = new Map<string, [asked: number, answered: number]>();
  for (const { f, outcome } of operations) {
    const count = counts.get(f) ?? [0, 0];
    counts.set(f, [count[0] + 1, count[1] + (outcome === "ok" ? 1 : 0)]);
  }
  return [...counts].map(([f, [asked, answered]]) => [f, asked, answered]);
}

/** At most this many names are listed; the rest are only counted. */
const TOLD_MAX = 8;

/** With fewer faults of a kind, that none of them changed anything may be chance. */
const FAULTS_MIN = 10;
const NO_PACKET = "nothing was sent between these hosts meanwhile";

/** The combined coverage of all runs of a campaign. */
export class CoverageTally {
  /** The number of runs added. */
  runs = 0;
  readonly #idleIn = new Map<string, { readonly idle: IdleCheck; runs: number }>();
  readonly #operations = new Map<string, [asked: number, answered: number]>();
  readonly #reached = new Set<string>();
  readonly #inCalm = new Map<string, boolean>();
  readonly #faults = new Map<string, [ended: number, mattered: number]>();

  /** Adds a run. A run that was ended early has no coverage and is left out. */
  add(coverage: Coverage | undefined): void {
    if (!coverage) return;
    this.runs++;
    // Two checks with equal descriptions count as one here.
    for (const [key, idle] of new Map(coverage.idle.map((one) => [JSON.stringify(one), one]))) {
      const known = this.#idleIn.get(key);
      if (known) known.runs++;
      else this.#idleIn.set(key, { idle, runs: 1 });
    }
    for (const [f, asked, answered] of coverage.operations) {
      const count = this.#operations.get(f) ?? [0, 0];
      this.#operations.set(f, [count[0] + asked, count[1] + answered]);
    }
    for (const [kind, ended, mattered] of coverage.faults) {
      const count = this.#faults.get(kind) ?? [0, 0];
      this.#faults.set(kind, [count[0] + ended, count[1] + mattered]);
    }
    for (const assertion of coverage.reached) this.#reached.add(assertion);
    for (const [host, inCalm] of coverage.hosts) {
      this.#inCalm.set(host, inCalm || this.#inCalm.get(host) === true);
    }
  }

  /** Checks that had nothing to judge in any run. */
  get idle(): readonly IdleCheck[] {
    const all = [...this.#idleIn.values()];
    return all.filter(({ runs }) => runs === this.runs).map(({ idle }) => idle);
  }

  /** Describes a check that judged nothing, with what it looked for and what there was. */
  describeIdle({ check, looksFor }: IdleCheck): string {
    const runs = this.runs === 1 ? "this run" : `${this.runs.toLocaleString("en-US")} runs`;
    if (this.#operations.size === 0) {
      return `the check ${JSON.stringify(check)} judged nothing in ${runs}: there are no operations`;
    }
    const found = [...this.#operations].map(([f, [asked, answered]]) => {
      return answered === 0 ? `${f} (${asked}, none answered)` : `${f} (${asked})`;
    });
    const wanted =
      looksFor === undefined || looksFor.length === 0 ? "any that is answered" : either(looksFor);
    return `the check ${JSON.stringify(check)} judged nothing in ${runs}: it looks for ${wanted}, and there is ${list(found)}`;
  }

  /** The error for a world in which nothing is judged. */
  refusal(): LightconeError {
    const [first] = this.idle;
    if (this.#operations.size === 0) {
      return new LightconeError(
        "LC_NOTHING_JUDGED",
        this.describeIdle(first as IdleCheck),
        'Clients record what they ask: await op("acquire", "job", () => client.lock("job")).',
      );
    }
    return new LightconeError(
      "LC_NOTHING_JUDGED",
      this.idle.map((idle) => this.describeIdle(idle)).join("; "),
      "Record these operations with op(...), or tell the check the names that the world uses.",
    );
  }

  /**
   * Notes on runs that held, one sentence each: checks that had nothing to judge in some runs, assertions
   * that no run reached, hosts that were silent in the calm period.
   */
  notes(written: readonly WrittenAssertion[], calmCounts: boolean): CoverageNotes {
    const runs = this.runs === 1 ? "this run" : "any run";
    const lacks: string[] = [];
    for (const { kind, name, place } of written) {
      if (this.#reached.has(`${kind} ${name}`)) continue;
      lacks.push(`never reached in ${runs}: ${kind} ${name} (${place})`);
    }
    for (const [kind, [ended, mattered]] of this.#faults) {
      if (mattered > 0 || ended < FAULTS_MIN) continue;
      const { otherwise = NO_PACKET } = findFaultKind(kind)?.matters ?? {};
      lacks.push(`none of ${ended} faults of the kind ${kind} changed anything: ${otherwise}`);
    }
    const silent = [...this.#inCalm].filter(([, inCalm]) => !inCalm).map(([host]) => host);
    if (calmCounts && silent.length > 0) {
      lacks.push(
        `recorded nothing in the calm of ${runs}: ${list(silent)} (whether it recovers was not seen)`,
      );
    }
    const partly = [...this.#idleIn.values()].filter(({ runs: idle }) => idle < this.runs);
    const remarks = partly.map(
      ({ idle, runs: idleRuns }) =>
        `${idle.check} had nothing to judge in ${idleRuns} of ${this.runs} runs`,
    );
    return { lacks, remarks };
  }
}

/** Sentences about what was not judged. */
export interface CoverageNotes {
  /** Deficiencies that should be fixed; an error in strict mode. */
  readonly lacks: readonly string[];
  /** Notes on what faults may have caused. */
  readonly remarks: readonly string[];
}

function list(names: readonly string[]): string {
  const more = names.length - TOLD_MAX;
  return names.slice(0, TOLD_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function either(names: readonly string[]): string {
  return names.length < 2 ? list(names) : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
