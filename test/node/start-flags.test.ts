/** What flags, and NODE_OPTIONS, make Node do before and around a program, asked of children as of the real Node. */
import { expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

/** Runs children with flags, and prints how each went. */
const RUN = `
  const { spawn } = require("child_process"), { writeFileSync } = require("fs");
  const run = (flags, text, env) => new Promise((done) => {
    writeFileSync("child.cjs", text);
    const child = spawn(process.execPath, [...flags, "child.cjs"], { env: { ...process.env, ...env } });
    let out = "", err = "";
    child.stdout.on("data", (data) => { out += data; }); child.stderr.on("data", (data) => { err += data; });
    child.on("close", (code) => { console.log(flags.join(" "), code, JSON.stringify(out)); done(err.replaceAll(__dirname, "DIR").replace(/node:\\d+/g, "node:N")); });
  });
  const firstLines = (text, count) => text.split("\\n").slice(0, count).join("\\n");`;

it("loads what --require and --import name before the program", async () => {
  await both(
    `${RUN}
     (async () => {
       writeFileSync("first.cjs", "globalThis.first = [module.parent.id, require.main?.id, module.id === __filename, process.argv.length]");
       writeFileSync("second.mjs", "await 1; globalThis.second = typeof import.meta.url; console.log('second')");
       const text = "console.log('main', globalThis.first, globalThis.second, process.execArgv, require.main === module)";
       await run(["-r", "./first.cjs"], text); await run(["--require=./first.cjs", "--import", "./second.mjs"], text);
       await run([], text, { NODE_OPTIONS: '--require "./first.cjs" --import=./second.mjs' });
       console.log(firstLines((await run(["-r", "./none.cjs"], text)).replace(/^[^]*?(?=\\[?Error: )/, "").replace("[", ""), 2));
     })();`,
    { name: "program.cjs" },
  );
});

it("refuses flags that are none of Node's or V8's, and those without their value", async () => {
  await both(
    `const { spawnSync } = require("node:child_process");
     for (const flag of ["--nope", "--no-nope", "--require", "--input-type", "-x", "--stack-size=900", "--trace-warnings"]) {
       const { status, stdout, stderr } = spawnSync(process.execPath, [flag, "-e", "console.log(1)"], { encoding: "utf8" });
       console.log(flag, status, stdout, stderr.replace(/^.*node: /, ""));
     }`,
    { name: "program.cjs" },
  );
  const { stderr, code } = await hosted("", { execArgv: ["--env-fle=.env"] });
  expect([stderr, code]).toEqual(["node: bad option: --env-fle=.env\n", 9]);
});

it("treats rejections as --unhandled-rejections says", async () => {
  await both(
    `${RUN}
     (async () => {
       for (const mode of ["strict", "warn", "none", "throw", "warn-with-error-code"]) {
         const text = "setTimeout(() => console.log('later'), 5); Promise.reject(7); process.on('exit', (code) => console.log('exit', code))";
         const told = await run(["--unhandled-rejections=" + mode], text);
         console.log(told.split("\\n").filter((line) => line.includes("Warning:")).join("\\n"));
         const heard = await run(["--unhandled-rejections=" + mode], "process.on('unhandledRejection', (reason) => console.log('heard', reason)); " + text);
         console.log(heard.split("\\n").filter((line) => line.includes("Warning:")).join("\\n"));
       }
       console.log(await run([], "process.on('unhandledRejection', () => {}); const p = Promise.reject(1); setTimeout(() => p.catch(() => {}), 1)"));
     })();`,
    { name: "program.cjs" },
  );
});

it("reads --env-file, checks without running, counts frames, and ends with a byte", async () => {
  await both(
    `${RUN}
     (async () => {
       writeFileSync("some.env", "FIRST=1 # one\\nSECOND='a b'\\nHOME=elsewhere");
       await run(["--env-file=some.env"], "console.log(process.env.FIRST, process.env.SECOND, process.env.HOME === 'elsewhere')", { HOME: "/here" });
       await run(["--env-file=none.env"], "console.log('never')");
       await run(["--check"], "console.log('never')");
       console.log(firstLines(await run(["-c"], "let a = 1;\\nlet b = ;"), 5), firstLines(await run([], "let b = ;"), 5));
       await run(["--stack-trace-limit=3"], "const f = (n) => n ? f(n - 1) : new Error('deep'); console.log(Error.stackTraceLimit, f(9).stack.split('\\\\n').length)");
       await run([], "process.exitCode = 259; process.on('exit', (code) => console.log(code))"); await run([], "process.exit(-1)");
     })();`,
    { name: "program.cjs" },
  );
});

it("shows a script of -e by its name, its line and its column", async () => {
  const { stdout } = await hosted(
    `${RUN}
     const child = spawn(process.execPath, ["-e", "const path = 1;\\n  throw new Error('in a script');"]); let text = "";
     child.stderr.on("data", (data) => { text += data; }); child.on("close", () => console.log(text));`,
    { name: "program.cjs" },
  );
  expect(stdout).toMatch(
    /^\[eval\]:2\n {2}throw new Error\('in a script'\);\n {2}\^\n\nError: in a script\n {4}at \[eval\]:2:9\n/,
  );
});

it("says where an error event was emitted", async () => {
  const { stdout } = await hosted(
    `${RUN}
     (async () => console.log(await run([], "const e = new Error('e');\\nnew (require('events'))().emit('error', e)")))();`,
    { name: "program.cjs" },
  );
  expect(stdout).toContain("Emitted 'error' event at:");
});
