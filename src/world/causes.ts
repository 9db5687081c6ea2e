/**
 * What makes two violations of one check the same bug: shrinking must not slip from one to another. It is the
 * kind of evidence and never a time or a value: for a death what was thrown, and where; for an assertion its name
 * and line; for a hang what was asked, and whether a connection had lost its other end; for a check its name for
 * the anomaly, or its sentence without names and numbers.
 */
import type { Evidence } from "../check/verdict.ts";

/** Words that hold digits, durations, what stands in quotes: all that differs from run to run. */
const VARYING = /"[^"]*"|'[^']*'|`[^`]*`|[\p{L}\p{N}_@./:-]*\p{N}[\p{L}\p{N}_@./:-]*/gu;

/** A text without what differs from run to run: "order 17 of c-2 is lost" becomes "order # of # is lost". */
export function withoutValues(text: string, names: readonly string[] = []): string {
  const quoted = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const named =
    quoted.length === 0
      ? text
      : text.replaceAll(new RegExp(`(?<![\\w-])(?:${quoted.join("|")})(?![\\w-])`, "g"), "#");
  // A list of any length is one thing.
  return named.replaceAll(VARYING, "#").replaceAll(/#(?:[\s,;=:[\]{}()|/-]*#)+/g, "#");
}

/** A place without its column, as other values on one line are evaluated at others. */
export function lineOf(place: string | undefined): string {
  return place?.replace(/:\d+(\)?)$/, "$1") ?? "";
}

/** The cause of a violation of a world's own check. */
export function causeOfEvidence(evidence: Evidence, names: readonly string[]): string {
  if (evidence.anomaly !== undefined) return evidence.anomaly;
  return withoutValues(evidence.summary, names);
}
