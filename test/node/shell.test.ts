/** What a shell's line does, and the commands that scripts use, on a simulated host and on a real one. */
import { describe, expect, it } from "vitest";
import { parseShell } from "../../src/node/shell.ts";
import { both, hosted } from "./arms.ts";

describe("a shell's line", () => {
  it("runs pipes, conditions, redirections and variables as a shell does", async () => {
    await both(
      `
      import { execSync } from "node:child_process";
      import * as fs from "node:fs";
      const folder = fs.mkdtempSync("/tmp/shell-");
      process.chdir(folder);
      const lines = [
        "echo one && echo two || echo three; echo four",
        "false && echo never; echo status $?",
        "printf 'b\\\\na\\\\nb\\\\n' | sort | uniq | head -n 1",
        "echo out > file; echo more >> file; cat < file; wc -l < file",
        "NAME='with  blanks' node -p 'process.env.NAME'",
        "WORDS='a  b'; echo $WORDS; echo \\"$WORDS\\" \\\\$WORDS",
        "node -e 'console.error(1); console.log(2)' 2>&1 | sort",
        "node -e 'console.error(1)' 2>/dev/null; echo quiet",
        "echo foo | grep o && echo found; echo foo | grep -v o || echo none; printf 'x1\\\\nx2\\\\n' | grep -c x",
        "printf 'aXbX\\\\n' | sed 's/X/-/g'",
        "mkdir -p a/b && touch a/b/c && ls a/b && cp a/b/c d && mv d e && ls && rm -rf a e && ls",
        "[ -f file ] && test -d . && echo there; [ 1 -lt 2 ] && echo less; test a = b || echo differ",
        "cd / && pwd; seq 3 | tail -n 2",
        "exit 0",
      ];
      for (const line of lines) console.log(JSON.stringify(execSync(line, { encoding: "utf8" })));
      try { execSync("nothing-of-that-name | cat; node -e 'process.exit(4)'", { stdio: "pipe" }) }
      catch (e) { console.log(e.status, e.stderr.toString().includes("not found")) }
      fs.rmSync(folder, { recursive: true });
    `,
    );
  });

  it.each([
    ["echo $(date)", "command substitution"],
    ["echo `date`", "command substitution"],
    ["sleep 1 &", "background command"],
    ["(echo a)", "subshell"],
    ["ls *.js", "pattern of file names"],
    ["echo 'no end", '"\'"'],
  ])("is refused by name where it needs a real shell: %s", (line, what) => {
    expect(() => parseShell(line)).toThrow(what);
    expect(() => parseShell(line)).toThrow("is not simulated");
  });

  it("tells the program that asks for one by the code", async () => {
    const { stdout } = await hosted(`
      import { exec } from "node:child_process";
      try { exec("echo $(date)") } catch (e) { console.log(e.code, e.message) }`);
    expect(stdout).toMatch(/^LC_NOT_SIMULATED a shell's command substitution is not simulated/);
  });
});
