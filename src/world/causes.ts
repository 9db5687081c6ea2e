/**
 * Determines whether two violations of one check are the same bug, so that shrinking does not change from
 * one bug to another. A cause is a property of the evidence, never a time or a value: for a crash, what was
 * thrown and where; for an assertion, its name and line; for a hang, the operation and whether a connection
 * had lost its other end; for a check, the anomaly's name, or the sentence without names and numbers.
 */
import type { Evidence } from "../check/verdict.ts";

/** Words with digits, durations, and quoted text: everything that differs between runs. */
const VARYING = /"[^"]*"|'[^']*'|`[^`]*`|[\p{L}\p{N}_@./:-]*\p{N}[\p{L}\p{N}_@./:-]*/gu;

/**
 * Removes the parts of a text that differ between runs: "order 17 of c-2 is lost" becomes "order # of # is
 * lost".
 */
export function withoutValues(text: string, names: readonly string[] = []): string {
  const quoted = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const named =
    quoted.length === 0
      ? text
      : text.replaceAll(new RegExp(`(?<![\\w-])(?:${quoted.join("|")})(?![\\w-])`, "g"), "#");
  // Lists of any length become equal.
  return named.replaceAll(VARYING, "#").replaceAll(/#(?:[\s,;=:[\]{}()|/-]*#)+/g, "#");
}

/** A position without its column, because different values on one line have different columns. */
export function lineOf(place: string | undefined): string {
  return place?.replace(/:\d+(\)?)$/, "$1") ?? "";
}

/** The cause of a violation of a world's own check. */
export function causeOfEvidence(evidence: Evidence, names: readonly string[]): string {
  if (evidence.anomaly !== undefined) return evidence.anomaly;
  return withoutValues(evidence.summary, names);
}
