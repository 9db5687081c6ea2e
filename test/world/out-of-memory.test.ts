/** A program that the kernel kills is started again as its host says, and nothing else of the host is touched. */
import { expect, it } from "vitest";
import { runDescribed } from "./described.ts";

const starts = (restart: string): string => `
  const program = (name) => async ({ op }) => {
    await op(name, () => Date.now() - Date.UTC(2026, 0, 1));
    setInterval(() => {}, 1_000);
  };
  w.host("box", {
    first: { program: program("first") ${restart} },
    second: { program: program("second") ${restart} },
  });
  w.faults(w.outOfMemory("box", { lasts: "5s" }));
  w.run("20s");
`;

const schedule = [
  {
    kind: "out-of-memory",
    targets: ["box"],
    startNs: 2_000_000_000,
    durationNs: 5_000_000_000,
    params: { at: 0.9 },
  },
];

it("comes back after its delay where something restarts it, and else when the fault is over", async () => {
  for (const [restart, backMs] of [
    [', restart: "1s"', 3_000],
    ["", 7_000],
  ] as const) {
    const { history, violations } = await runDescribed(starts(restart), { schedule });
    expect(violations).toEqual([]);
    const of = (name: string): unknown[] =>
      history.operations.filter(({ f }) => f === name).map(({ output }) => output);
    expect(of("first")).toEqual([0]);
    expect(of("second")).toEqual([0, backMs]);
  }
});
