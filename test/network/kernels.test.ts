/**
 * Lost acknowledgements, FIN and RST on real kernels: two network namespaces with a wire between them that
 * can be cut, and the same scenario on two simulated machines. `npm run kernels` does so with random
 * scenarios, for as long as one likes.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { ask } from "./kernels/ask.ts";
import { stories, variants, words } from "./kernels/compare.ts";
import { known, onLinux } from "./kernels/known.ts";
import { randomScenario } from "./kernels/random.ts";
import { missing } from "./kernels/real.ts";
import { describeScenario, type Line, type Scenario } from "./kernels/scenario.ts";
import { inSimulation } from "./kernels/simulated.ts";

const why = missing();
if (why !== undefined) console.warn(`real kernels are not compared: this machine ${why}`);

describe("as Linux once did:", () => {
  known.forEach((scenario, index) => {
    test(scenario.name, async () => {
      const told = [...stories(await inSimulation(scenario))].map(([who, steps]) => [
        who,
        words(steps),
      ]);
      expect(Object.fromEntries(told)).toEqual(onLinux[index]);
    });
  });
});

/** Compares scenarios. The simulated machines first: while they run, real ones would have to wait. */
function compare(scenarios: readonly Scenario[]): void {
  const simulated = new Map<Scenario, Line[][]>();
  beforeAll(async () => {
    for (const scenario of scenarios) simulated.set(scenario, await variants(scenario));
  });
  for (const scenario of scenarios) {
    test.concurrent(scenario.name, async ({ skip }) => {
      const different = await ask(scenario, simulated.get(scenario) as Line[][]);
      if (different === "busy") skip("the machine is too busy to be on time");
      else if (different.length > 0) {
        expect.fail([...different, ...describeScenario(scenario)].join("\n"));
      }
    });
  }
}

describe.skipIf(why !== undefined)("as on real kernels:", () => {
  compare(known);
});

const [seed = 0, count = 0] = (process.env["LIGHTCONE_KERNELS"] ?? "").split(" ").map(Number);
describe.skipIf(why !== undefined || count === 0)("random scenarios:", () => {
  compare(Array.from({ length: count }, (_, index) => randomScenario(seed + index)));
});
