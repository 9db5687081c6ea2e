/** Stacks as Node gives them to programs: their length, their frames, and what is printed of an exception. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

describe("Error.stackTraceLimit", () => {
  it("is Node's, is obeyed, and is its program's own", async () => {
    await both(
      `const deep = (n) => (n > 0 ? deep(n - 1) : new Error("deep")), frames = () => deep(50).stack.split("\\n").length - 1;
       console.log(Error.stackTraceLimit, Error["stackTraceLimit"], JSON.stringify(Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")), frames());
       for (const limit of [3, 0, 25, 1]) { Error.stackTraceLimit = limit; console.log(Error.stackTraceLimit, frames()); }
       Error.stackTraceLimit += 4; console.log(Error.stackTraceLimit++, Error.stackTraceLimit, frames());
       const limit = Error.stackTraceLimit; Error.stackTraceLimit = Infinity; console.log(frames() > 50); Error.stackTraceLimit = limit; console.log(frames());
       const options = { stackTraceLimit: "its own" }; options.stackTraceLimit += "!"; console.log(options.stackTraceLimit);
       delete Error.stackTraceLimit; console.log(Error.stackTraceLimit, "stackTraceLimit" in Error, deep(3).stack);`,
    );
    await both(
      `"use strict"; const deep = (n) => (n > 0 ? deep(n - 1) : new Error("deep"));
       Error.prepareStackTrace = (_, sites) => sites.length;
       console.log(Error.stackTraceLimit, deep(50).stack); Error.stackTraceLimit = 4; console.log(deep(50).stack);
       const holder = {}; Error.captureStackTrace(holder); console.log(holder.stack <= 4);`,
      { name: "program.cjs" },
    );
  });

  it("counts the frames of those that await, too", async () => {
    const { stdout } = await both(
      `async function inner() { await null; throw new Error("inner"); }
       async function outer() { await inner(); }
       for (const limit of [10, 2, 1]) {
         Error.stackTraceLimit = limit;
         await outer().catch(({ stack }) => console.log(stack.split("\\n").filter((line) => /inner|outer/.test(line)).join("\\n")));
       }`,
    );
    expect(stdout).toContain("at async outer");
  });
});

describe("a stack", () => {
  it("has no frames of the loader's where modules import each other", async () => {
    const { stdout } = await both(
      `await import("./a.mjs").catch(({ name, stack }) => console.log(name, stack.split("\\n")[1]));`,
      {
        files: {
          "a.mjs": `import "./b.mjs"; export const a = 1;`,
          "b.mjs": `import { a } from "./a.mjs"; console.log(a);`,
        },
      },
    );
    expect(stdout).toContain("b.mjs:1:42");
  });

  it("gives `assert` the text of what was false", async () => {
    await both(
      `import assert from "node:assert"; const none = 0;
       for (const check of [() => assert(none), () => assert.ok(none === 1), () => assert.equal(1, 2)]) {
         try { check(); } catch ({ message, generatedMessage }) { console.log(message, generatedMessage); }
       }`,
    );
  });
});

describe("an exception that nobody catches", () => {
  it("is printed with its place and its line", async () => {
    const thrown = async (source: string, name: string): Promise<string[]> => {
      const { stderr, code } = await hosted(source, { name });
      expect(code).toBe(1);
      return stderr.split("\n");
    };
    const [place, line, mark, , error] = await thrown(
      `const a = 1;\n  throw new RangeError("no " + a);`,
      "program.cjs",
    );
    expect(place).toMatch(/^\/.*program\.cjs:2$/);
    expect([line, mark, error]).toEqual([
      `  throw new RangeError("no " + a);`,
      "  ^",
      "RangeError: no 1",
    ]);
    expect(
      (await thrown(`throw Object.assign(new Error("x"), { code: "E_X" });`, "program.mjs")).join(
        "\n",
      ),
    ).toContain("{\n  code: 'E_X'\n}");
  });

  it("in a module's text is V8's own, with its place", async () => {
    const broken = `export const a = 1;\nlet b = ;\n`;
    const { stdout } = await both(
      `import { writeFileSync } from "node:fs"; import { spawn } from "node:child_process";
       writeFileSync("broken.mjs", ${JSON.stringify(broken)});
       try { await import("./broken.mjs"); } catch (error) { console.log(error.name, error.message, Object.keys(error), error.constructor === SyntaxError); }
       const child = spawn(process.execPath, ["broken.mjs"]); let text = "";
       child.stderr.on("data", (data) => { text += data; });
       child.on("close", (code) => console.log(code, text.split("\\n").slice(0, 5).join("\\n").replace(/file:.*\\//, "")));`,
    );
    expect(stdout).toContain(
      "broken.mjs:2\nlet b = ;\n        ^\n\nSyntaxError: Unexpected token ';'",
    );
    const texts = [
      ...[
        "export default",
        "const a = 1; const a = 2",
        "export { nope }",
        "await = 1",
        "0777",
        "with (a) {}",
      ],
      ...[
        "import { a b } from 'x'",
        "import.meta = 1",
        "for (let x of [1]) { break foo }",
        "super()",
        "'",
        "/(",
      ],
    ];
    await both(
      `import { writeFileSync } from "node:fs"; let at = 0;
       for (const text of ${JSON.stringify(texts)}) {
         writeFileSync(\`made\${at}.mjs\`, text);
         await import(\`./made\${at++}.mjs\`).catch(({ name, message }) => console.log(text, name, message));
       }`,
    );
  });
});

describe("V8's message", () => {
  it("names what the program wrote, wherever its error arrives", async () => {
    await both(`
      import fs, { readFile as read } from "node:fs";
      const rejected = (make) => Promise.resolve().then(make);
      await rejected(() => fs.nope()).catch((error) => console.log(error.message));
      await rejected(() => process.nope()).then(null, function (error) { console.log(error.message); });
      await rejected(() => { throw 1; }).catch((error) => ({ error })).then(console.log);
      try { read = 1; } catch (error) { console.log(error.message); }
      try { [read] = [1]; } catch (error) { console.log(error.message); }
      console.log(typeof read, typeof fs.readFile);
      process.on("unhandledRejection", (error) => console.log("rejected", error.message));
      process.on("uncaughtException", (error) => console.log("thrown", error.message));
      setTimeout(() => void rejected(() => fs.x.y()), 1);
      setTimeout(() => process.env.nope.x, 20);
    `);
  });

  it("has the class of the request whose callback it names, and Node's limit of frames", async () => {
    const { stdout } = await both(`
      import { connect, createServer } from "node:net";
      import { lookup } from "node:dns";
      const second = () => new Error().stack.split("\\n").find((line) => line.includes("oncomplete")).trim();
      console.log(Error);
      lookup("localhost", () => console.log(second()));
      const server = createServer().listen(0, () => {
        const socket = connect(server.address().port, () => {
          console.log(second());
          socket.destroy();
          server.close();
        });
      });
    `);
    expect(stdout).toContain("at TCPConnectWrap.afterConnect [as oncomplete]");
  });
});
