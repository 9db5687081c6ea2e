/**
 * Reports what runs did not judge: on the terminal below the verdict, or on the standard error with
 * `--json`.
 */
import type { Review } from "../explore/index.ts";
import type { Style } from "../report/index.ts";

/** All sentences of a review. */
export function sentencesOf({ unjudged, lacks, remarks }: Review): readonly string[] {
  return [...unjudged, ...lacks, ...remarks];
}

/** Whether `--strict` accepts it. */
export function isWhole({ unjudged, lacks }: Review): boolean {
  return unjudged.length === 0 && lacks.length === 0;
}

/** Writes a review, one sentence per line. */
export function tellReview(review: Review, told: { readonly json: boolean; style: Style }): void {
  const { json, style } = told;
  if (json) {
    for (const sentence of sentencesOf(review)) process.stderr.write(`lightcone: ${sentence}\n`);
    return;
  }
  for (const sentence of [...review.unjudged, ...review.lacks]) {
    process.stdout.write(`  ${style.yellow(sentence)}\n`);
  }
  for (const sentence of review.remarks) process.stdout.write(`  ${style.dim(sentence)}\n`);
}
