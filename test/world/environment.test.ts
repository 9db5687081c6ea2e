/** What programs and world files find in their environment, and what is said where they find nothing. */
import { describe, expect, it } from "vitest";
import { beside, described, runDescribed } from "./described.ts";

beside("package.json", "{}\n");
beside(".env", "PORT=8080\nURL=redis://localhost\n");

describe("a host", () => {
  it("reads an environment file that is beside its program, and its own environment first", async () => {
    beside(
      "printing.mjs",
      "console.log(process.env.PORT, process.env.URL, process.env.HOSTNAME);\n",
    );
    const { timeline } = await runDescribed(
      `w.hosts("a", 2, "./printing.mjs", {
        execArgv: ["--env-file=.env"],
        env: (host) => ({ PORT: "1", HOSTNAME: host }),
      });
      w.run("1s");`,
      { timeline: true },
    );
    expect(timeline?.map(({ text }) => text).filter((text) => text.startsWith("1 "))).toEqual([
      "1 redis://localhost a-1",
      "1 redis://localhost a-2",
    ]);
  });

  it("whose environment file is missing is told with it", async () => {
    const body = (flags: string): string =>
      `w.host("a", "./printing.mjs", { execArgv: ${flags} }); w.run("1s");`;
    const missing = await runDescribed(body('["--env-file=.env.local"]')).catch(
      (error: { code: string; hint: string }) => error,
    );
    expect(missing).toMatchObject({
      code: "LC_PROGRAM_EXITED",
      hint: expect.stringContaining("node: .env.local: not found"),
    });
    await expect(described(body('["server.js"]'))).rejects.toThrow(/no flag of Node/);
    await expect(described(body('"--env-file=.env"'))).rejects.toThrow(/not an array of text/);
  });

  it("whose program misses a variable as it starts is told with its name, and not with a package's", async () => {
    beside(
      "config.mjs",
      `const need = (name) => {
        if (process.env[name] === undefined) throw new Error("incomplete configuration");
        return process.env[name];
      };
      void process.env["SOMEBODY_ELSES".toLowerCase()];
      export const port = need("PORT"), url = need("DATABASE_URL");\n`,
    );
    beside("service.mjs", 'import { port } from "./config.mjs"; console.log(port);\n');
    const failed = await runDescribed(
      'w.host("a", "./service.mjs", { env: { PORT: "80" } }); w.run("1s");',
    ).catch((error: { code: string; hint: string }) => error);
    expect(failed).toMatchObject({
      code: "LC_PROGRAM_THREW",
      hint: expect.stringMatching(/config\.mjs:2.*\n.*Not set in its environment: DATABASE_URL\./),
    });
  });
});

describe("a world file", () => {
  const reads = 'const many = Number(process.env.MANY ?? 2); const home = process.env["HOME"];';
  const body = `${reads} w.hosts("a", many, () => { void process.env.INSIDE; }); w.run("1s");`;

  it("finds nothing of the real machine's environment, and what it looks for is known", async () => {
    process.env["MANY"] = "5";
    try {
      const { plan, unsetVariables } = await described(body);
      expect(plan.hosts).toHaveLength(2);
      expect(unsetVariables).toEqual(["MANY"]);
    } finally {
      delete process.env["MANY"];
    }
  });
});

describe("a check", () => {
  it("prints dates in UTC, wherever the run takes place", async () => {
    const before = process.env["TZ"];
    process.env["TZ"] = "Asia/Kathmandu";
    try {
      const { violations } = await runDescribed(
        `w.host("a", async ({ sleep }) => sleep("1ms"));
         w.check({ name: "dates", judge: () => String(new Date(0)) });
         w.run("1s");`,
      );
      expect(JSON.stringify(violations)).toContain("Thu Jan 01 1970 00:00:00 GMT+0000");
      expect(String(new Date(0))).toContain("GMT+0530");
    } finally {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    }
  });
});
