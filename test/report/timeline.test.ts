/** A run drawn in text: what led to the violation, in as many rows and columns as there are. */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { renderTimeline } from "../../src/report/index.ts";
import type { Trace } from "../../src/trace/index.ts";
import * as blocks from "../../src/blocks/index.ts";
import * as check from "../../src/check/index.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

let trace: Trace;

beforeAll(async () => {
  const path = fileURLToPath(new URL("../../examples/demo/demo.world.ts", import.meta.url));
  const world = await loadWorld(path, { "lightcone/blocks": blocks, "lightcone/check": check });
  // Whoever has the lock then holds it for longer than it lasts.
  const pause = {
    kind: "pause",
    targets: ["worker-1", "worker-2"],
    startNs: 1_000_000_000,
    durationNs: 1_500_000_000,
    params: {},
  };
  const outcome = await runWorld(world, { seed: 7, schedule: [pause], trace: true });
  const { seed, schedule, verdict, fingerprint, violations } = outcome;
  expect(verdict).toBe("violated");
  const told = { seed, schedule, verdict, fingerprint, violations };
  const meta = { lightcone: "0", node: "0", world: outcome.world, ...told };
  trace = { ...(outcome.trace as Trace), meta };
});

describe("a timeline", () => {
  it("shows the operations of the violation, their messages, the fault, and where it shows", () => {
    const text = renderTimeline(trace, { width: 100, rowsMax: 40 });
    expect(text).toMatchInlineSnapshot(`
      "           redis
                 │  worker-1
                 │  │  worker-2
                 │  │  │  worker-3
                 ⋮  ⋮  ⋮  ⋮  622ms: 8 operations, 25 messages
         0.622s  │  ○  │  │  worker-1          acquire job
         0.622s  ◀──●  │  │  worker-1 → redis  SET job worker-1 NX PX 1000
         0.624s  ●──▶  │  │  redis → worker-1  OK
         0.626s  │  ●  │  │  worker-1          acquire job → held
                 ⋮  ⋮  ⋮  ⋮  341ms: 2 operations, 4 messages
         0.967s  │  │  │  ○  worker-3          acquire job
         0.972s  │  │  │  ●  worker-3          acquire job → failed: another one has it
         1.000s  │  ▼▒ ▼▒ │  fault             worker-1, worker-2 pause for 1.5s
                 ⋮  ⋮▒ ⋮▒ ⋮  829ms: 1 operation, 2 messages
         1.829s  │  ░▒ ░▒ ○  worker-3          acquire job
         1.829s  ◀──░──░──●  worker-3 → redis  SET job worker-3 NX PX 1000
         1.831s  ●──░──░──▶  redis → worker-3  OK
         1.836s  │  ░▒ ░▒ ●  worker-3          acquire job → held  ← here it shows
                 ⋮  ⋮▒ ⋮▒ ⋮  593ms
         2.429s  │  ░▒ ░▒ ○  worker-3          release job
         2.429s  ◀──░──░──●  worker-3 → redis  DEL job
         2.434s  ●──░──░──▶  redis → worker-3  1
         2.438s  │  ░▒ ░▒ ●  worker-3          release job → released
                 ⋮  ⋮  ⋮  ⋮  62.3ms
         2.500s  │  ▲  ▲  │  fault             worker-1, worker-2 resume; worker-1 still holds job
         2.500s  │  ○  ┃  │  worker-1          release job
         2.500s  ◀──●  ┃  │  worker-1 → redis  DEL job
         2.503s  ●──▶  ┃  │  redis → worker-1  0
         2.506s  │  ●  │  │  worker-1          release job → released
      "
    `);
  });

  it("fits its width, and uses only ASCII if it has to", () => {
    for (const width of [60, 80, 140]) {
      const lines = renderTimeline(trace, { width, rowsMax: 30 }).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    }
    const text = renderTimeline(trace, { width: 80, rowsMax: 30, ascii: true });
    expect(text.replace(/[\x20-\x7e\n]/g, "")).toBe("");
    expect(text).toContain("<- here it shows");
    expect(text).toContain("-->");
  });

  it("keeps to its rows but for the story, and shows everything when asked", () => {
    const lines = (rowsMax: number): number =>
      renderTimeline(trace, { width: 100, rowsMax }).split("\n").length;
    expect(lines(1)).toBeLessThan(lines(40));
    expect(lines(1)).toBeGreaterThan(5);
    expect(lines(Infinity)).toBeGreaterThan(lines(40));
  });

  it("shows a run without a violation, too, and one without any event", () => {
    const { meta: _, ...held } = trace;
    expect(renderTimeline(held, { width: 100, rowsMax: 10 })).toContain("worker-1");
    const empty = { ...held, length: 0, timeNs: new Float64Array(0), kind: new Uint8Array(0) };
    expect(renderTimeline(empty, { width: 100, rowsMax: 10 })).toBe("");
  });
});
