/** Asks real kernels about a scenario until an answer is fit to be compared, and compares it. */
import { leastDifferences } from "./compare.ts";
import { onKernels } from "./real.ts";
import type { Line, Scenario } from "./scenario.ts";

/** How often a run that a busy machine has spoilt is repeated, and one that differs. */
const TRIES = 3;
const DIFFERENT_TRIES = 2;

/** What differs in each of a few runs (nothing: one was alike), or "busy" where no run could be used. */
export async function ask(
  scenario: Scenario,
  simulated: readonly Line[][],
): Promise<string[] | "busy"> {
  let different: string[] | "busy" = "busy";
  let times = 0;
  for (let tries = 0; tries < TRIES && times < DIFFERENT_TRIES; tries++) {
    const real = await onKernels(scenario);
    if (real === undefined) continue;
    times++;
    different = leastDifferences(real, simulated);
    if (different.length === 0) return different;
  }
  return different;
}
