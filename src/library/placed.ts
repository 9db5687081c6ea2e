/**
 * Faults that a test places in a run: `run(world, { seed: 1, place })`. The run is made in another process, so the function only
 * says what is to happen when: its `sleep` lets no time pass but the time that it says.
 */
import { type Duration, parseDurationNs } from "../base/units.ts";
import { faultWordNames } from "../sim/faults/index.ts";
import type { PlacedRequest } from "../world/outcome.ts";
import type { FaultHandle, HandFaults } from "../world/types.ts";

/** What a function that places faults is given. */
export interface PlaceContext {
  /** The words of worlds: `using cut = faults.partition("a", "b")` lasts until the end of the block. */
  readonly faults: HandFaults;
  /** What is said after this happens so much later in the run. */
  sleep(duration: Duration): Promise<void>;
}

/** Says which faults there are in a run, from its beginning on. */
export type Place = (context: PlaceContext) => void | Promise<void>;

/** Calls such a function; what it says. */
export async function placedBy(place: Place): Promise<readonly PlacedRequest[]> {
  const placed: { word: string; args: readonly unknown[]; atNs: number; untilNs?: number }[] = [];
  let nowNs = 0;
  const words = faultWordNames.map((word) => {
    const say = (...args: readonly unknown[]): FaultHandle => {
      const request: (typeof placed)[number] = { word, args, atNs: nowNs };
      placed.push(request);
      const lift = (): void => {
        request.untilNs ??= nowNs;
      };
      return { lift, [Symbol.dispose]: lift };
    };
    return [word, say] as const;
  });
  await place({
    faults: Object.fromEntries(words) as unknown as HandFaults,
    sleep: async (duration) => {
      nowNs += parseDurationNs(duration, "sleep");
    },
  });
  return placed;
}
