/** What a process does before its program: environment files and modules that are loaded first, as in Node. */
import { describe, expect, it } from "vitest";
import { both, hosted, type Outcome } from "./arms.ts";

const files = {
  ".env": [
    "# a comment",
    "PLAIN=one",
    "export EXPORTED=two # with a comment",
    'QUOTED="three\\nlines"',
    "SINGLE='it\\nself # all'",
    "BACKTICK=`a \"b\" 'c'`",
    "EMPTY=",
    "  SPACED  =  four  ",
    "GIVEN=from the file",
    "BLANK=from the file",
    'MULTI="first',
    'second"',
    "no equals sign",
  ].join("\n"),
  "other.env": "PLAIN=later\nOTHER=there\nNODE_OPTIONS=--title=named\n",
};
const names =
  '["PLAIN", "EXPORTED", "QUOTED", "SINGLE", "BACKTICK", "EMPTY", "SPACED", "GIVEN", "BLANK", "MULTI", "OTHER"]';
const print = `console.log(JSON.stringify(${names}.map((name) => [name, process.env[name]])));
  console.log(JSON.stringify(process.execArgv), process.title === "named");`;
const env = { GIVEN: "from outside", BLANK: "" };

describe("environment files", () => {
  it("are read before the program: later ones take precedence, and the environment over all", async () => {
    const { stdout } = await both(print, {
      files,
      env,
      execArgv: ["--env-file=.env", "--env-file", "other.env"],
    });
    expect(stdout).toContain('["PLAIN","later"]');
    expect(stdout).toContain('["GIVEN","from outside"],["BLANK",""]');
    expect(stdout).toContain("true");
  });

  it("are read by process.loadEnvFile and util.parseEnv, with Node's errors", async () => {
    await both(
      `import { parseEnv } from "node:util"; import { readFileSync } from "node:fs";
      console.log(JSON.stringify(parseEnv(readFileSync(".env", "utf8"))));
      process.loadEnvFile();
      process.loadEnvFile(new URL("./other.env", import.meta.url));
      ${print}
      for (const path of ["absent.env", 7, ""]) {
        try { process.loadEnvFile(path); } catch (error) {
          console.log(error.name, error.message, error.code, error.errno, error.syscall, error.path);
        }
      }`,
      { files, env },
    );
  });

  it("are read by a child, whose own are its own", async () => {
    await both(
      `import { spawnSync } from "node:child_process";
      const code = "console.log(process.env.PLAIN, process.env.OTHER, process.execArgv.length)";
      const run = (...args) => {
        const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
        console.log(status, stdout);
      };
      run("--env-file", ".env", "-e", code);
      run("--env-file=absent.env", "-e", code);
      console.log(process.env.PLAIN);`,
      { files },
    );
  });

  it("that are missing end the process, or do not, as the flag says", async () => {
    const run = (setting: object): Promise<Outcome> => hosted(print, { files, ...setting });
    const missing = await run({ execArgv: ["--env-file=absent.env"] });
    expect(missing).toMatchObject({ code: 9, stdout: "", stderr: "node: absent.env: not found\n" });
    const optional = await run({ execArgv: ["--env-file-if-exists=absent.env"] });
    expect(optional.code).toBe(0);
    expect(optional.stderr).toBe("absent.env not found. Continuing without it.\n");
    const refused = await run({ env: { NODE_OPTIONS: "--env-file=.env" } });
    expect(refused.code).toBe(9);
    expect(refused.stderr).toContain("--env-file= is not allowed in NODE_OPTIONS");
  });
});

describe("modules that are loaded first", () => {
  const preloaded = {
    "first.cjs": 'globalThis.order = ["first"]; process.env.FIRST = "1";',
    "second.mjs": 'await null; globalThis.order.push("second");',
    "fails.cjs": 'throw new Error("before");',
    "node_modules/dotted/config.js": 'globalThis.order.push("package");',
    "node_modules/dotted/package.json": '{ "name": "dotted" }',
  };
  const program = "console.log(order.join(), process.env.FIRST, process.argv.length);";

  it("run before the program, of either kind, required ones first", async () => {
    const execArgv = ["--import", "./second.mjs", "-r", "./first.cjs", "--require=dotted/config"];
    for (const name of ["program.mjs", "program.cjs"]) {
      const { stdout } = await both(program, { name, files: preloaded, execArgv });
      expect(stdout).toBe("first,package,second 1 2\n");
    }
  });

  it("are taken from NODE_OPTIONS too", async () => {
    const env = { NODE_OPTIONS: '--require "./first.cjs" --import=./second.mjs' };
    const { stdout } = await both(program, { name: "program.cjs", files: preloaded, env });
    expect(stdout).toBe("first,second 1 2\n");
  });

  it("keep the program from running if they fail", async () => {
    for (const flags of [
      ["-r", "./fails.cjs"],
      ["--import", "./fails.cjs"],
      ["-r", "./absent.cjs"],
    ]) {
      const outcome = await hosted("console.log('ran')", { files: preloaded, execArgv: flags });
      expect(outcome).toMatchObject({ code: 1, stdout: "" });
    }
  });
});
