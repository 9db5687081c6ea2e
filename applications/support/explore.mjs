/** Runs a world with faults from many seeds, and tells apart what the application does from what is Lightcone's own. */
import { RunnerPool } from "../../dist/explore/index.js";

/**
 * Resolves to how many runs held, what was violated how often (by the application), and what of Lightcone broke: runs that
 * could not be made, and seeds whose second run, in a fresh process, was another one.
 */
export async function explore(world, runs) {
  const entry = new URL("../../dist/cli/runner-process.js", import.meta.url);
  const found = { runs, held: 0, faults: 0, violated: {}, ours: [] };
  const pool = await RunnerPool.start({ world, entry, jobs: 1 });
  try {
    for (let seed = 1; seed <= runs; seed++) {
      try {
        const outcome = await pool.run({ seed });
        found.faults += outcome.faultsBegun;
        if (outcome.verdict === "held") found.held++;
        for (const { check, story } of outcome.violations) {
          const what = `${check}: ${story.summary}`;
          found.violated[what] = (found.violated[what] ?? 0) + 1;
          if (/LC_[A-Z]+|reached the real/.test(what)) found.ours.push(`seed ${seed}: ${what}`);
        }
        if (seed === 1 || seed % 10 === 0) {
          const { fingerprint } = await pool.run({ seed, fresh: true });
          if (fingerprint !== outcome.fingerprint) found.ours.push(`seed ${seed} gave two runs`);
        }
      } catch (error) {
        found.ours.push(`seed ${seed}: ${error.code ?? "?"} ${error.message}`);
      }
    }
  } finally {
    pool.stop();
  }
  return found;
}
