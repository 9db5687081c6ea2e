/**
 * `lightcone/vitest`: a world as a test, one line per world. A failure prints the story and the command
 * that replays it.
 */
import { test } from "vitest";
import {
  callerDirectory,
  type ExploreOptions,
  holdsWithin,
  readOptions,
  shownPath,
  worldPath,
} from "../library/testing.ts";

export type { ExploreOptions } from "../library/testing.ts";

/**
 * Extra time for shrinking and starting processes. It is generous, because a test that times out reports
 * nothing about the violation it had found.
 */
const ALLOWANCE_MS = 900_000;
/** The maximum delay of Node's timers. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Declares a test that explores a world. `path` is relative to the test file that calls it.
 *
 * @example
 * import { explore } from "lightcone/vitest";
 * explore("./redlock.world.ts", { runs: 200 });
 */
export function explore(path: string, options: ExploreOptions = {}): void {
  const limits = readOptions("explore", path, options as never);
  const world = worldPath(path, callerDirectory());
  const timeout = Math.min(limits.forMs + limits.shrinkMs + ALLOWANCE_MS, TIMER_MAX_MS);
  test(shownPath(world), { timeout }, () => holdsWithin(world, limits, console));
}
