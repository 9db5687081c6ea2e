/** The time zone of a program is that of its environment, compared with the real Node. */
import { describe, expect, it } from "vitest";
import { Kernel } from "../../src/sim/kernel.ts";
import { Host } from "../../src/sim/host.ts";
import { compileProgram, simulate, startProgram } from "../../src/node/index.ts";
import { both, hosted, inFolder } from "./arms.ts";

const shown = `
  const date = new Date(1_700_000_000_000);
  export const show = () => [
    String(date), date.getHours(), date.getTimezoneOffset(), new Date(2024, 6, 1).toISOString(),
    new Date("2024-03-31T02:30:00").getTime(), date.toLocaleString("en-US"),
    new Intl.DateTimeFormat().resolvedOptions().timeZone,
  ].join(" | ");
`;
const files = { "shown.mjs": shown };

describe("a time zone", () => {
  it("is that of TZ, for local times, for what is parsed and for formats", async () => {
    const program = `import { show } from "./shown.mjs"; console.log(show());`;
    for (const TZ of ["America/New_York", "Asia/Kathmandu", "Nonsense/X", "EST5EDT"]) {
      const { stdout } = await both(program, { files, env: { TZ } });
      expect(stdout).not.toContain("Coordinated Universal Time");
    }
  });

  it("changes at once with process.env.TZ", async () => {
    await both(
      `import { show } from "./shown.mjs";
       process.env.TZ = "Europe/Berlin"; console.log(show());
       Object.defineProperty(process.env, "TZ", { value: "Asia/Tokyo", configurable: true, enumerable: true, writable: true });
       console.log(show());
       for (const TZ of [":Australia/Perth", "posix/Asia/Tokyo", "Etc/GMT+11", ""]) {
         process.env.TZ = TZ; console.log(TZ, show());
       }`,
      { files, env: { TZ: "America/New_York" } },
    );
  });

  it("is the machine's, which is UTC, without TZ and with a rule that Node does not read", async () => {
    const { stdout } = await hosted(
      `import { show } from "./shown.mjs";
       for (const TZ of ["CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3", "A1B", "/usr/share/zoneinfo/Asia/Tokyo"]) {
         process.env.TZ = "Asia/Tokyo"; process.env.TZ = TZ; console.log(show());
       }
       process.env.TZ = "Asia/Tokyo"; delete process.env.TZ; console.log(show());`,
      { files },
    );
    const lines = stdout.trim().split("\n");
    expect(lines).toHaveLength(5);
    expect(new Set(lines)).toEqual(new Set([expect.stringMatching(/Coordinated Universal.*UTC$/)]));
  });

  it("is a child's own, a thread's is its process's", async () => {
    await both(
      `import { show } from "./shown.mjs";
       import { execFile } from "node:child_process";
       import { Worker } from "node:worker_threads";
       import { promisify } from "node:util";
       const run = promisify(execFile);
       const code = "console.log(String(new Date(1.7e12)))";
       console.log((await run(process.execPath, ["-e", code])).stdout, show());
       console.log((await run(process.execPath, ["-e", code], { env: { TZ: "Asia/Tokyo" } })).stdout, show());
       const thread = new Worker(
         "process.env.TZ = 'Asia/Tokyo'; require('worker_threads').parentPort.postMessage(String(new Date(1.7e12)))",
         { eval: true, env: { TZ: "Europe/Berlin" } });
       thread.on("message", (text) => console.log(text, show()));`,
      { files, env: { TZ: "America/New_York" } },
    );
  });

  it("stays that of its host while hosts of others run, whatever the real machine has", async () => {
    const real = process.env["TZ"];
    const program = `import { show } from "./shown.mjs";
      let n = 0;
      const timer = setInterval(() => { console.log(show()); if (++n === 3) clearInterval(timer); }, 10);`;
    const zones = ["UTC", "America/New_York", "Asia/Tokyo"];
    const alone = await Promise.all(
      zones.map(async (TZ) => (await hosted(program, { files, env: { TZ } })).stdout),
    );
    process.env["TZ"] = "Pacific/Auckland";
    try {
      const here = String(new Date(0));
      await inFolder(program, { files }, async (entry) => {
        const compiled = await compileProgram({ entry });
        const together = await simulate(() => {
          const kernel = new Kernel({ seed: 1 });
          const texts = zones.map(() => "");
          zones.forEach((TZ, i) => {
            const host = new Host(kernel, { id: i + 1, name: `host${i}` });
            const onOutput = (_: string, text: string): void => void (texts[i] += text);
            startProgram(host.spawn(), compiled, { argv: [], env: { TZ }, onOutput });
          });
          kernel.run(1e9);
          return texts;
        });
        expect(together).toEqual(alone);
      });
      expect(new Set(alone).size).toBe(zones.length);
      expect(String(new Date(0))).toBe(here);
    } finally {
      if (real === undefined) delete process.env["TZ"];
      else process.env["TZ"] = real;
    }
  });
});
