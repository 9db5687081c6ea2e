/** What a verdict says, in sentences: for the terminal and for the page of a history. */
import type { Evidence, Verdict } from "./verdict.ts";

/** The statements of a verdict other than its evidence, as sentences. */
export function remarks(verdict: Verdict): string[] {
  if (verdict.result === "unknown")
    return [verdict.why, ...(verdict.decided ? [verdict.decided] : [])];
  const said: string[] = [];
  if (verdict.result === "violated") {
    if (verdict.violates?.length)
      said.push(`weakest level violated: ${verdict.violates.join(", ")}`);
    if (verdict.alsoViolates?.length)
      said.push(`and therefore: ${verdict.alsoViolates.join(", ")}`);
  }
  if (verdict.note) said.push(verdict.note);
  return said;
}

/** The title of an evidence: the anomaly's name, unless the summary already contains it. */
export function titleOf({ anomaly, summary }: Evidence): string {
  return anomaly === undefined || summary.startsWith(anomaly) ? summary : `${anomaly}: ${summary}`;
}
