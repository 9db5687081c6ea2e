/**
 * Code that is made while a program runs lives in simulated time like the program itself: `eval`,
 * `new Function`, whatever they reach through the global object of the real process.
 */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

/** Ways to evaluate an expression outside of the program's own scope. */
const ways: Record<string, (expression: string) => string> = {
  "an indirect eval": (expression) => `(0, eval)(${JSON.stringify(expression)})`,
  "new Function": (expression) => `new Function(${JSON.stringify(`return ${expression}`)})()`,
  "the constructor of a constructor": (expression) =>
    `globalThis.constructor.constructor(${JSON.stringify(`return ${expression}`)})()`,
  "the global object that a function returns": (expression) =>
    `(() => { const world = Function("return this")(); return ${expression.replace(/^(new )?/, "$1world.")}; })()`,
};

/** Expressions, and what each has to equal in the program's own scope. */
const expressions = [
  "Date.now()",
  "new Date().getTime()",
  "new Date(5).getTime()",
  "performance.now()",
  "process.hrtime().join()",
  "process.pid",
  "process.env.HOME",
  "process.uptime()",
  "Intl.DateTimeFormat('en', { timeStyle: 'medium' }).format()",
  "Date.prototype.constructor.now()",
];

describe("evaluated code", () => {
  for (const [how, evaluate] of Object.entries(ways)) {
    it(`by ${how} reads the clocks and the process of its host`, async () => {
      const lines = expressions.map(
        (expression) => `console.log(${evaluate(expression)} === ${expression});`,
      );
      const { stdout, stderr } = await hosted(
        `await new Promise((r) => setTimeout(r, 12_345));\n${lines.join("\n")}`,
      );
      expect(stdout, stderr).toBe("true\n".repeat(expressions.length));
    });

    it(`by ${how} draws, waits and prints as its host does`, async () => {
      const source = `
        const at = performance.now();
        console.log(${evaluate("Math.random()")});
        ${evaluate("setTimeout(() => console.log('timer', performance.now()), 500)")};
        ${evaluate("setImmediate(() => console.log('immediate'))")};
        ${evaluate("queueMicrotask(() => console.log('microtask'))")};
        ${evaluate("process.nextTick(() => console.log('tick'))")};
        ${evaluate("console.log('printed')")};
        ${evaluate("fetch('http://127.0.0.1:8080/').catch((e) => console.log(e.cause.code))")};
        setTimeout(() => console.log(Math.round(performance.now() - at)), 500);`;
      const [first, again, other] = await Promise.all(
        [1, 1, 2].map((seed) => hosted(source, { seed })),
      );
      expect(again).toEqual(first);
      expect(other?.stdout).not.toBe(first?.stdout);
      const text = first?.stdout ?? "";
      for (const word of ["timer", "immediate", "microtask", "tick", "printed", "ECONNREFUSED"]) {
        expect(text).toContain(word);
      }
      expect(text.trimEnd().endsWith("500")).toBe(true);
    });
  }

  it("makes dates that are dates", async () => {
    await both(`
      const date = (0, eval)("new Date()"), D = Function("return Date")();
      console.log(date instanceof Date, date instanceof D, new Date() instanceof D, D.name, D.length, typeof D(), D.UTC(2020, 0), new D(2020, 1).getMonth());
      class Mine extends D {} console.log(new Mine(7) instanceof Mine, new Mine(7).getTime(), Object.prototype.toString.call(new D()));
      console.log(Math.abs((0, eval)("new Date()") - new Date()) < 50, structuredClone(date) instanceof D, new date.constructor(5).getTime());`);
  });

  it("sees what the program put in the place of a global, and the program what it put", async () => {
    await both(
      `globalThis.setTimeout = () => "replaced"; console.log((0, eval)("setTimeout(() => {})"));
       (0, eval)("performance = { now: () => 7 }"); console.log(globalThis.performance.now(), performance.now());`,
    );
  });

  it("ends its own process, and no other", async () => {
    const { code, stdout } = await hosted(`console.log("before"); (0, eval)("process").exit(7);`);
    expect({ code, stdout }).toEqual({ code: 7, stdout: "before\n" });
  });

  it("by import() is refused, as it would reach the real machine", async () => {
    const { stdout } = await hosted(
      `for (const make of [() => (0, eval)("import('node:fs')"), () => new Function("return import('node:fs')")()])
         try { await make(); console.log("escaped"); } catch (error) { console.log(error.code); }`,
    );
    expect(stdout).toMatch(/^(ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING\n){2}$/);
  });
});
