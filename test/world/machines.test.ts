/** Hosts are machines of different kinds: slow ones, and ones whose clocks run fast. */
import { expect, it } from "vitest";
import { runDescribed } from "./described.ts";

const measures = `
  const program = async ({ op, sleep }) => {
    await op("steps", async () => {
      const startMs = performance.now();
      for (let step = 0; step < 10; step++) await new Promise((resolve) => setImmediate(resolve));
      return performance.now() - startMs;
    });
    await sleep("5s");
    await op("clock", () => Date.now() - Date.UTC(2026, 0, 1));
    setInterval(() => {}, 1_000);
  };
`;

it("each has a processor and clocks of its own", async () => {
  const { history, verdict } = await runDescribed(`${measures}
    w.hosts("machine", 3, program, {
      cpu: (_, index) => [0, "1ms", "5ms"][index],
      driftPpm: (_, index) => [0, 10_000, -10_000][index],
    });
    w.run("7s");
  `);
  expect(verdict).toBe("held");
  const outputs = (f: string) =>
    history.operations
      .filter((operation) => operation.f === f)
      .toSorted((a, b) => (String(a.process) < String(b.process) ? -1 : 1))
      .map(({ output }) => Number(output));
  const [fast, slow, slowest] = outputs("steps");
  expect(fast).toBeLessThan(1);
  expect(slow).toBeGreaterThanOrEqual(9);
  expect(slowest).toBeGreaterThanOrEqual(45);
  // All sleep for five seconds of their own clocks, which are more or fewer of the world's.
  for (const ms of outputs("clock")) expect(ms).toBeGreaterThanOrEqual(5_000);
  const askedMs = (host: string): number => {
    const asked = history.operations.find(({ f, process }) => f === "clock" && process === host);
    return (asked?.invokeNs ?? 0) / 1_000_000;
  };
  expect(Math.round(askedMs("machine-1"))).toBe(5_000);
  expect(askedMs("machine-2")).toBeLessThan(4_990);
  expect(askedMs("machine-3")).toBeGreaterThan(5_050);
});

it("are refused by name if they are no machines", async () => {
  const run = (options: string) =>
    runDescribed(`w.host("one", () => {}, ${options}); w.run("1s");`);
  await expect(run(`{ cpu: "fast" }`)).rejects.toThrow(/host one: cpu: "fast" is not a duration/);
  await expect(run(`{ driftPpm: 1e6 }`)).rejects.toThrow(/host one: driftPpm is 1000000/);
});
