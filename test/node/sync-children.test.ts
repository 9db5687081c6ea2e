/** `spawnSync` and its kin: a child that runs to its end inside one call. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

const head = `
  import { spawnSync, execSync, execFileSync } from "node:child_process";
  import * as fs from "node:fs";
  const node = process.execPath;
`;

describe("a child that is waited for within a call", () => {
  it("gives its output, its exit code and its signal", async () => {
    await both(`${head}
      const tell = ({ status, signal, stdout, stderr, error, output, pid }) =>
        console.log({ status, signal, stdout: stdout && String(stdout), stderr: stderr && String(stderr), error: error?.message.replace(node, "node"), outputs: output?.length, pid: pid > 0 });
      tell(spawnSync(node, ["-e", "console.log(process.argv.slice(1)); console.error('aside'); process.exit(3)", "a", "b c"]));
      tell(spawnSync(node, ["-e", "process.kill(process.pid, 'SIGKILL')"]));
      tell(spawnSync(node, ["-e", "process.stdin.on('data', (d) => process.stdout.write(String(d).toUpperCase()))"], { input: "typed" }));
      tell(spawnSync(node, ["-e", "process.stdout.write(require('fs').readFileSync(0))"], { input: Buffer.from([255, 0, 200]), encoding: "latin1" }));
      tell(spawnSync("there-is-no-such-program", ["x"]));
      tell(spawnSync(node, ["-e", "setInterval(() => {}, 1000)"], { timeout: 500 }));
      tell(spawnSync(node, ["-e", "0"], { cwd: "/there/is/none" }));
      tell(spawnSync(node, ["-e", "console.log(process.cwd(), process.env.GIVEN)"], { cwd: "/", env: { GIVEN: "yes" }, encoding: "utf8" }));
      console.log(execFileSync(node, ["-p", "6 * 7"], { encoding: "utf8" }));
      console.log(String(execSync("echo said by a shell")));
      try { execSync("exit 2") } catch (e) { console.log(e.message, e.status) }
    `);
  });

  it("leaves the parent's microtasks and ticks where they are until the call is over", async () => {
    await both(`${head}
      const order = [];
      Promise.resolve().then(() => order.push("microtask of before"));
      process.nextTick(() => order.push("tick of before"));
      const { stdout } = spawnSync(node, ["-e", "(async () => { await 1; process.nextTick(() => console.log('tick')); setTimeout(() => console.log('timer'), 5); console.log('child') })()"], { encoding: "utf8" });
      order.push("call", stdout);
      await new Promise((r) => setTimeout(r, 1));
      // From within a microtask, and within a tick.
      await null;
      order.push(String(execFileSync(node, ["-p", "'from a microtask'"])));
      process.nextTick(() => order.push(String(execFileSync(node, ["-p", "'from a tick'"]))));
      await new Promise((r) => setTimeout(r, 1));
      console.log(order);
    `);
  });

  it("changes the disk that both have", async () => {
    await both(`${head}
      const folder = fs.mkdtempSync("/tmp/sync-");
      process.chdir(folder);
      fs.writeFileSync("kept", "kept"); fs.writeFileSync("moved", "moved"); fs.writeFileSync("gone", "gone");
      fs.mkdirSync("dir/inner", { recursive: true }); fs.writeFileSync("dir/inner/file", "deep");
      const open = fs.openSync("log", "w");
      fs.writeSync(open, "parent;");
      const program = \`
        const fs = require("fs");
        fs.appendFileSync("kept", "+more"); fs.renameSync("moved", "moved2"); fs.unlinkSync("gone");
        fs.renameSync("dir", "dir2"); fs.writeFileSync("dir2/inner/new", "new"); fs.chmodSync("dir2/inner/file", 0o600);
        fs.symlinkSync("kept", "link"); fs.linkSync("kept", "hard"); fs.truncateSync("dir2/inner/file", 2);
        fs.mkdirSync("made"); fs.writeFileSync("made/x", "1"); fs.renameSync("made/x", "kept2");
        fs.writeFileSync("temporary", "t"); fs.unlinkSync("temporary"); fs.utimesSync("kept2", 1, 2);
        console.log("through the descriptor");
      \`;
      console.log(spawnSync(node, ["-e", program], { stdio: ["ignore", open, "inherit"] }).status);
      fs.writeSync(open, "parent again"); fs.closeSync(open);
      const show = (path) => {
        const s = fs.lstatSync(path);
        if (s.isDirectory()) return Object.fromEntries(fs.readdirSync(path).sort().map((n) => [n, show(path + "/" + n)]));
        return [(s.mode & 0o7777).toString(8), s.nlink, s.isSymbolicLink() ? fs.readlinkSync(path) : fs.readFileSync(path, "utf8")];
      };
      console.log(JSON.stringify(show("."), null, 1), fs.statSync("kept2").mtimeMs);
      fs.rmSync(folder, { recursive: true });
    `);
  });

  it("can have children of its own, and writes where its parent writes", async () => {
    await both(`${head}
      const inner = "console.log('inner'); process.exitCode = 5";
      const outer = \`const { spawnSync } = require("child_process");
        console.log("outer", spawnSync(process.execPath, ["-e", \${JSON.stringify(inner)}], { stdio: "inherit" }).status);
        console.log("again", String(spawnSync(process.execPath, ["-e", "console.log(process.ppid > 1)"]).stdout));
        require("child_process").exec("echo later", (e, out) => console.log("async", out));\`;
      console.log("before");
      console.log(spawnSync(node, ["-e", outer], { stdio: "inherit" }).status);
      console.log("after");
    `);
  });

  it("is ended when it writes more than it may", async () => {
    await both(`${head}
      const { error, signal, status } = spawnSync(node, ["-e", "setInterval(() => console.log('x'.repeat(100)), 1)"], { maxBuffer: 1000 });
      console.log(error.code, error.message.replace(node, "node"), signal, status);
      try { execSync("echo 12345", { maxBuffer: 3 }) } catch (e) { console.log(e.code) }
    `);
  });

  it("takes simulated time, the same in every run", async () => {
    const source = `${head}
      const start = Date.now();
      spawnSync(node, ["-e", "setTimeout(() => {}, 3000)"]);
      const took = Date.now() - start;
      console.log(took >= 3000 && took < 3200, took, execFileSync(node, ["-p", "Date.now() + ' ' + Math.random()"], { encoding: "utf8" }));
    `;
    const one = await hosted(source);
    expect(one.stdout).toMatch(/^true /);
    expect(await hosted(source)).toEqual(one);
  });

  it.each([
    ["talks to another process", `require("net").connect(80, "10.0.0.9")`, "connects to another"],
    ["never ends", `process.stdin.resume(); setInterval(() => {}, 1000)`, "more than ten minutes"],
    [
      "leaves a process behind",
      `require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" }).unref()`,
      "leaves processes behind",
    ],
  ])("is refused by name when it %s", async (_what, child, words) => {
    const { stdout } = await hosted(`${head}
      try { spawnSync(node, ["-e", ${JSON.stringify(child)}]); console.log("went on") } catch (e) { console.log(e.code, e.message) }
    `);
    expect(stdout).toContain("LC_NOT_SIMULATED");
    expect(stdout).toContain(words);
  });
});
