/** What the watchdog counts against a run is the time that the run's own thread computed. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { ComputedTime, mainThreadMs } from "../../src/explore/computed-time.ts";

const BURNT_MS = 300;
const burn = `
  const spent = () => process.cpuUsage().user / 1_000;
  const begin = spent();
  while (spent() - begin < ${BURNT_MS});
`;

describe("the time that the main thread computed", () => {
  it("counts a loop of its own", () => {
    const computed = new ComputedTime(250);
    const before = mainThreadMs();
    // The loop ends by the time of the whole process, of which this thread uses most.
    new Function("process", burn)(process);
    expect(mainThreadMs() - before).toBeGreaterThan(BURNT_MS / 2);
    expect(computed.sinceLastMs()).toBeGreaterThan(BURNT_MS / 2);
  });

  it.runIf(process.platform === "linux")("leaves out what other threads compute", async () => {
    const computed = new ComputedTime(250);
    const before = mainThreadMs();
    await once(new Worker(burn, { eval: true }), "exit");
    expect(mainThreadMs() - before).toBeLessThan(BURNT_MS / 2);
    expect(computed.sinceLastMs()).toBeLessThan(BURNT_MS / 2);
  });
});
