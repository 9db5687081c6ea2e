/**
 * What of a run, and of many, was judged at all. A check that found nothing to judge holds, and an `always` that
 * is never reached is never false: neither may pass for a verdict.
 */
import { LightconeError } from "../base/errors.ts";
import type { History } from "../history/operation.ts";
import type { Check } from "./types.ts";

/** A check that had nothing to judge. */
export interface IdleCheck {
  readonly check: string;
  /** The operations that it looked for, by name; see `Check.looksFor`. */
  readonly looksFor: readonly string[] | undefined;
}

/** What of one run was judged. Plain data. */
export interface Coverage {
  /** Checks that held over nothing. */
  readonly idle: readonly IdleCheck[];
  /** How many operations there were of each name, and how many of these were answered. */
  readonly operations: readonly (readonly [f: string, asked: number, answered: number])[];
  /** The assertions that programs came by, such as "always the queue is bounded". */
  readonly reached: readonly string[];
  /** Hosts of the groups that recorded anything, and whether they still did in the calm. */
  readonly hosts: readonly (readonly [host: string, inCalm: boolean])[];
}

/** An assertion as it stands in a program's text. */
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

/** How many operations a history has of each name. */
export function countOperations({ operations }: History): Coverage["operations"] {
  const counts = new Map<string, [asked: number, answered: number]>();
  for (const { f, outcome } of operations) {
    const count = counts.get(f) ?? [0, 0];
    counts.set(f, [count[0] + 1, count[1] + (outcome === "ok" ? 1 : 0)]);
  }
  return [...counts].map(([f, [asked, answered]]) => [f, asked, answered]);
}

/** More names than that are told by number. */
const TOLD_MAX = 8;

/** What all runs of a campaign judged, together. */
export class CoverageTally {
  /** How many runs it has heard of. */
  runs = 0;
  readonly #idleIn = new Map<string, { readonly idle: IdleCheck; runs: number }>();
  readonly #operations = new Map<string, [asked: number, answered: number]>();
  readonly #reached = new Set<string>();
  readonly #inCalm = new Map<string, boolean>();

  /** Adds a run. One that was cut short says nothing, and is left out. */
  add(coverage: Coverage | undefined): void {
    if (!coverage) return;
    this.runs++;
    // Two checks that say the same of themselves are one here.
    for (const [key, idle] of new Map(coverage.idle.map((one) => [JSON.stringify(one), one]))) {
      const known = this.#idleIn.get(key);
      if (known) known.runs++;
      else this.#idleIn.set(key, { idle, runs: 1 });
    }
    for (const [f, asked, answered] of coverage.operations) {
      const count = this.#operations.get(f) ?? [0, 0];
      this.#operations.set(f, [count[0] + asked, count[1] + answered]);
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

  /** That a check judged nothing, with what it looked for and what there was. */
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

  /** The error for a world that judges nothing. */
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
   * What is worth telling of runs that held, one sentence each: checks that were idle now and then, assertions
   * that no run came by, hosts that were silent in the calm.
   */
  notes(written: readonly WrittenAssertion[], calmCounts: boolean): CoverageNotes {
    const runs = this.runs === 1 ? "this run" : "any run";
    const lacks: string[] = [];
    for (const { kind, name, place } of written) {
      if (this.#reached.has(`${kind} ${name}`)) continue;
      lacks.push(`never reached in ${runs}: ${kind} ${name} (${place})`);
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
  /** What a careful user mends: an error where that is asked for. */
  readonly lacks: readonly string[];
  /** What faults may well bring about. */
  readonly remarks: readonly string[];
}

function list(names: readonly string[]): string {
  const more = names.length - TOLD_MAX;
  return names.slice(0, TOLD_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function either(names: readonly string[]): string {
  return names.length < 2 ? list(names) : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
