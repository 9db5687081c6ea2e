/**
 * JavaScript's built-ins are one for the whole real process, and yet each simulated one has its own: what a
 * program patches, however and whenever, no other process sees, no later run, and nobody outside.
 */
import { afterEach, describe, expect, it } from "vitest";
import { compileProgram, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";
import { both, hosted, inFolder } from "./arms.ts";

interface Start {
  readonly name: string;
  readonly atNs?: number;
  /** When its machine loses power and it is started again. */
  readonly crashAtNs?: number;
}

interface Told {
  readonly lines: string[];
  readonly fingerprint: string;
  /** How often the run had to begin. */
  readonly begun: number;
}

/** Runs one program on hosts of these names, which it finds in `process.argv[2]`. */
function world(source: string, starts: readonly Start[], untilNs = 1e9): Promise<Told> {
  return inFolder(source, {}, async (entry) => {
    const program = await compileProgram({ entry });
    let begun = 0;
    const told = await simulate(() => {
      begun++;
      const kernel = new Kernel({ seed: 1 });
      const network = new Network(kernel);
      const lines: string[] = [];
      for (const [i, { name, atNs = 0, crashAtNs }] of starts.entries()) {
        const host = new Host(kernel, { id: i + 1, name });
        network.attach(host);
        const start = (): void => {
          startProgram(host.spawn(), program, {
            argv: [name],
            onOutput: (_stream, text) => lines.push(`${name}: ${text.trimEnd()}`),
          });
        };
        kernel.schedule(atNs, host.id, 1, start, undefined);
        if (crashAtNs !== undefined) {
          const crash = (): void => {
            host.powerOff();
            host.powerOn();
            start();
          };
          kernel.schedule(crashAtNs, host.id, 1, crash, undefined);
        }
      }
      kernel.run(untilNs);
      return { lines, fingerprint: kernel.fingerprint.digest() };
    });
    return { ...told, begun };
  });
}

/** What stands in the built-ins that the programs below patch, as JSON. */
const LOOK = `
  const look = () => JSON.stringify([
    Object.prototype.mark, Array.prototype.mark, String.prototype.mark, "x".shout, Promise.prototype.mark,
    Array.from([1])[0], [1, 2].map((x) => x), [].concat([3]), Array.prototype.push.mark, JSON.stringify.mark,
    Uint8Array.prototype.mark, Object.getPrototypeOf(Uint8Array).mark, Map.prototype.mark, Intl.NumberFormat.prototype.mark,
    Object.getPrototypeOf(async function () {}).mark, Object.getPrototypeOf([][Symbol.iterator]()).mark,
    Buffer.prototype.mark, Buffer.mark, URL.prototype.mark, Symbol.mark, Error.stackTraceLimit, Date.prototype.mark,
    RegExp.prototype.mark, Function.prototype.mark, Number.prototype.mark, typeof Promise.prototype.finally,
    new Set([1]).size, Object.keys({ a: 1 }), [..."ab"], Object.isFrozen(Math.max), (0, eval)("typeof implicit"),
    (() => { const names = []; for (const name in {}) names.push(name); return names; })(),
    Object.getPrototypeOf(Object.getPrototypeOf([])) === Object.prototype, "x" in Array.prototype,
  ]);`;

const PATCH = `
  function patch() {
    Object.prototype.mark = 1; Array.prototype.mark = 1; String.prototype.mark = 1; Promise.prototype.mark = 1;
    String.prototype.__defineGetter__("shout", function () { return this.toUpperCase() + "!"; });
    globalThis.Array.from = () => ["patched"]; Array.prototype.push.mark = 1; JSON.stringify.mark = 1;
    Array.prototype.map = function () { return "patched"; };
    Object.defineProperty(Array.prototype, "concat", { value: () => "patched", writable: false, configurable: false, enumerable: true });
    Uint8Array.prototype.mark = 1; Object.getPrototypeOf(Uint8Array).mark = 1; Map.prototype.mark = 1; Intl.NumberFormat.prototype.mark = 1;
    Object.getPrototypeOf(async function () {}).mark = 1; Object.getPrototypeOf([][Symbol.iterator]()).mark = 1;
    Buffer.prototype.mark = 1; Buffer.mark = 1; URL.prototype.mark = 1; Symbol.mark = 1; Error.stackTraceLimit = 3; Date.prototype.mark = 1;
    RegExp.prototype.mark = 1; Function.prototype.mark = 1; Number.prototype.mark = 1; delete Promise.prototype.finally;
    Object.defineProperty(Set.prototype, "size", { get: () => "patched" });
    Object.keys = () => ["patched"]; Array.prototype[Symbol.iterator] = function* () { yield "patched"; };
    (0, eval)("implicit = 1");
  }`;

const own = (lines: readonly string[], name: string): string[] =>
  lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));

afterEach(() => {
  expect(({} as { mark?: number }).mark).toBeUndefined();
});

describe("what one host patches", () => {
  const program = (when: string): string => `${LOOK} ${PATCH}
    const patches = process.argv[2] === "patching";
    console.log(look());
    if (patches) ${when};
    setInterval(() => console.log(look()), 10);`;
  const ways: Record<string, string> = {
    "while it is evaluated": "patch()",
    "in a callback of a timer": "setTimeout(patch, 15)",
    "after an await": "await new Promise((r) => setTimeout(r, 15)), patch()",
    "as it answers the network, for one": `{
      const { default: net } = await import("node:net");
      net.createServer((socket) => socket.once("data", patch)).listen(80, () => net.connect(80).write("x"));
    }`,
  };
  for (const [how, when] of Object.entries(ways)) {
    it(`${how}, it sees itself and nobody else does`, async () => {
      const starts = [{ name: "before" }, { name: "patching" }, { name: "after" }];
      const { lines } = await world(program(when), starts, 45e6);
      const pristine = own(lines, "before")[0] as string;
      for (const name of ["before", "after"]) {
        expect(new Set(own(lines, name))).toEqual(new Set([pristine]));
        expect(own(lines, name)).toHaveLength(5);
      }
      const mine = own(lines, "patching");
      expect(mine[0]).toBe(pristine);
      expect(mine.at(-1)).toContain(`[1,1,1,"X!",1,"patched","patched","patched",1,1,1,1,1,1`);
      expect(mine.at(-1)).not.toContain("null");
      expect(mine.at(-1)).toContain(`"undefined","patched"`);
    });
  }

  it("is each one's own, when several do", async () => {
    const { lines } = await world(
      `const name = process.argv[2];
       String.prototype.whose = name; Object.defineProperty(Object.prototype, "owner", { get: () => name });
       const push = Array.prototype.push; let pushes = 0;
       Array.prototype.push = function (...all) { pushes++; return push.apply(this, all); };
       setInterval(() => { [].push(1); console.log("".whose, [].owner, pushes > 0, Object.keys(Array.prototype)); pushes = 0; }, 10);`,
      [{ name: "a" }, { name: "b" }, { name: "c" }],
      35e6,
    );
    expect(lines).toHaveLength(9);
    for (const name of ["a", "b", "c"]) {
      expect(own(lines, name)).toEqual(Array(3).fill(`${name} ${name} true []`));
    }
  });

  it("changes with time, as it changes it", async () => {
    const { lines } = await world(
      `let n = 0; const { copyWithin } = Array.prototype;
       if (process.argv[2] === "a") setInterval(() => {
         n++; if (n === 1) Array.prototype.copyWithin = () => "stub"; if (n === 2) Array.prototype.copyWithin = () => "other";
         if (n === 3) delete Array.prototype.copyWithin; if (n === 4) Array.prototype.copyWithin = copyWithin;
       }, 10);
       setTimeout(() => setInterval(() => console.log(String([7].copyWithin?.(0))), 10), 5);`,
      [{ name: "a" }, { name: "b" }],
      46e6,
    );
    expect(own(lines, "a")).toEqual(["stub", "other", "undefined", "7"]);
    expect(own(lines, "b")).toEqual(["7", "7", "7", "7"]);
  });

  // As bluebird does, which adds to `Error` what it does not find there.
  it("to `Error`, it finds there, turn after turn, and nobody else does", async () => {
    const source = `const name = process.argv[2]; const own = Object.getOwnPropertyNames(Error).join();
       const look = () => {
         const names = Object.getOwnPropertyNames(Error); const inherited = []; for (const key in TypeError) inherited.push(key);
         return [Error.kinds?.of ?? "none", TypeError.kinds?.of ?? "none", "kinds" in Error, Object.hasOwn(Error, "kinds"), names.includes("kinds"), names.filter((key) => key !== "kinds" && key !== "shown").join() === own,
           JSON.stringify(Object.getOwnPropertyDescriptor(Error, "kinds")), Error.stackTraceLimit, inherited].join(" ");
       };
       console.log("first", look());
       if (name.startsWith("adds")) {
         Object.defineProperty(Error, "kinds", { value: { of: name }, writable: false, enumerable: false, configurable: false });
         Error.stackTraceLimit += name.length; Error.shown = name;
       }
       setInterval(() => console.log("later", look()), 10);`;
    const starts = ["looks", "adds-1", "adds-22", "looks-too"].map((name) => ({ name }));
    const restarting = starts.map((start, i) => (i === 1 ? { ...start, crashAtNs: 25e6 } : start));
    const { lines } = await world(source, restarting, 46e6);
    const pristine = "none none false false false true  10 stackTraceLimit";
    for (const name of ["looks", "looks-too"]) {
      expect(own(lines, name)).toEqual([
        `first ${pristine}`,
        ...Array(4).fill(`later ${pristine}`),
      ]);
    }
    const added = (name: string): string => {
      const property = `{"value":{"of":"${name}"},"writable":false,"enumerable":false,"configurable":true}`;
      return `later ${name} ${name} true true true true ${property} ${10 + name.length} stackTraceLimit,shown`;
    };
    const turns = (name: string, count: number): string[] => [
      `first ${pristine}`,
      ...Array<string>(count).fill(added(name)),
    ];
    expect(own(lines, "adds-1")).toEqual([...turns("adds-1", 2), ...turns("adds-1", 2)]);
    expect(own(lines, "adds-22")).toEqual(turns("adds-22", 4));
    const after = await world(source, [{ name: "looks" }], 15e6);
    expect(after.lines).toEqual([`looks: first ${pristine}`, `looks: later ${pristine}`]);
    expect(Object.hasOwn(Error, "kinds")).toBe(false);
  });

  it("is gone for itself when it takes it away, though it inherits the same", async () => {
    const { lines } = await world(
      `const kinds = {}; Function.prototype.kinds = kinds; Object.kinds = kinds; const look = () => console.log(Object.hasOwn(Object, "kinds"), Object.kinds === kinds);
       setTimeout(() => { look(); delete Object.kinds; look(); setTimeout(look, 10); }, 10);`,
      [{ name: "a" }],
    );
    expect(own(lines, "a")).toEqual(["true true", "false true", "false true"]);
  });

  it("is gone when it starts again", async () => {
    const { lines } = await world(
      `${LOOK} ${PATCH} console.log(look()); patch(); setTimeout(() => console.log("patched", look()), 10);`,
      [{ name: "a", crashAtNs: 20e6 }],
      60e6,
    );
    expect(lines).toHaveLength(4);
    expect(lines[2]).toBe(lines[0]);
    expect(lines[3]).toBe(lines[1]);
    expect(lines[1]).not.toContain(lines[0]?.slice(3));
  });

  it("does not reach its threads and children", async () => {
    await both(
      `import { Worker } from "node:worker_threads"; import { fork } from "node:child_process"; import { once } from "node:events";
       const look = () => JSON.stringify([[].mark, Array.from([1]), "x".shout]);
       if (process.argv[2] === "child") { console.log("child", look()); process.exit(); }
       Array.prototype.mark = 1; Array.from = () => 5; Object.defineProperty(String.prototype, "shout", { get: () => "X" });
       const worker = new Worker("console.log('thread', JSON.stringify([[].mark, Array.from([1]), 'x'.shout]))", { eval: true });
       await once(worker, "exit");
       await once(fork(process.argv[1], ["child"]), "exit");
       console.log("parent", look());`,
    );
  });
});

describe("a process that breaks its built-ins", () => {
  // Without `Array.prototype.pop` and `Object.setPrototypeOf`: Node's own library comes to nothing then.
  const broken: Record<string, string> = {
    "with names that a `for in` shows": `Object.prototype.polluted = 1; Object.prototype.value = 1; Array.prototype.more = 1;`,
    "those of arrays": `for (const name of Object.getOwnPropertyNames(Array.prototype)) if (!["constructor", "length", "pop"].includes(name)) Array.prototype[name] = fail;`,
    "those that iterate": `Array.prototype[Symbol.iterator] = Map.prototype[Symbol.iterator] = Set.prototype[Symbol.iterator] = fail; Object.getPrototypeOf([][Symbol.iterator] ? new Map().keys() : 0).next = fail;`,
    "those of maps and sets": `for (const C of [Map, Set, WeakMap]) for (const name of ["get", "set", "has", "add", "delete"]) if (C.prototype[name]) C.prototype[name] = fail;`,
    "those of functions, objects and promises": `Function.prototype.call = Function.prototype.apply = Function.prototype.bind = fail; for (const name of Object.getOwnPropertyNames(Object)) if (!["prototype", "setPrototypeOf"].includes(name) && typeof Object[name] === "function") Object[name] = fail; Promise.prototype.then = fail; Reflect.apply = Reflect.ownKeys = Reflect.defineProperty = fail;`,
    "those of text and bytes": `for (const name of Object.getOwnPropertyNames(String.prototype)) if (name !== "constructor" && name !== "length") String.prototype[name] = fail; Buffer.from = Buffer.concat = Buffer.prototype.toString = fail;`,
    "the global names": `(0, eval)("fail => { Buffer = Promise = Map = Set = WeakMap = URL = TextDecoder = Error = Uint8Array = Object = Array = String = Symbol = JSON = Reflect = fail; }")(fail);`,
  };
  for (const [how, source] of Object.entries(broken)) {
    it(`${how}, breaks nobody else's, nor the run`, async () => {
      const { lines, begun } = await world(
        `import net from "node:net"; import { setTimeout as delay } from "node:timers/promises";
         const fail = () => { throw new Error("broken"); };
         if (process.argv[2] === "server") {
           net.createServer((socket) => socket.on("error", () => {}).on("data", (data) => socket.write("to " + data))).listen(80);
         } else if (process.argv[2] === "client") {
           const socket = net.connect(80, "server").on("data", (data) => console.log(String(data)));
           for (let i = 0; i < 6; i++) { await delay(10); socket.write("client " + i); }
         } else {
           process.on("uncaughtException", () => {});
           const socket = net.connect(80, "server").on("data", () => {}).on("error", () => {});
           setTimeout(() => { ${source} }, 25); setInterval(() => socket.write("x"), 5); setInterval(() => console.error("y"), 5);
         }`,
        [{ name: "server" }, { name: "client", atNs: 1e6 }, { name: "broken", atNs: 1e6 }],
        200e6,
      );
      expect(own(lines, "client").join(" ")).toBe(
        [..."012345"].map((i) => `to client ${i}`).join(" "),
      );
      expect(begun).toBeLessThan(4);
    });
  }
});

describe("a built-in that a program closes for ever", () => {
  it("is closed for it, and open for the next", async () => {
    const { lines } = await world(
      `const attempt = (f) => { try { return String(f()); } catch (error) { return error.name + " " + error.message; } };
       const all = () => [
         attempt(() => { Object.defineProperty(Array.prototype, "last", { get() { return this[this.length - 1]; } }); return [1, 2].last; }),
         attempt(() => Object.defineProperty(Array.prototype, "last", { value: 1 })), attempt(() => Reflect.defineProperty(Array.prototype, "last", { value: 1 })),
         attempt(() => Object.isFrozen(Object.prototype)), attempt(() => { Object.freeze(Object.prototype); return Object.isFrozen(Object.prototype); }),
         attempt(() => Reflect.set({}, "toString", 5)), attempt(() => Object.isExtensible(Object.prototype)),
         attempt(() => Object.defineProperty(Object.prototype, "more", { value: 1 })), attempt(() => { Object.seal(String.prototype); return [Object.isSealed(String.prototype), Object.isFrozen(String.prototype)]; }),
         attempt(() => { Object.preventExtensions(Map.prototype); return [Object.isSealed(Map.prototype), Reflect.isExtensible(Map.prototype)]; }),
         attempt(() => Object.defineProperties(Set.prototype, { a: { value: 1 }, b: { value: 2, configurable: true } })), attempt(() => new Set().a + new Set().b),
       ];
       setTimeout(() => console.log(JSON.stringify(all())), process.argv[2] === "a" ? 1 : 5);`,
      [{ name: "a", crashAtNs: 10e6 }, { name: "b" }],
      30e6,
    );
    const expected = JSON.stringify([
      "2",
      "TypeError Cannot redefine property: last",
      "false",
      "false",
      "true",
      "false",
      "false",
      "TypeError Cannot define property more, object is not extensible",
      "true,false",
      "false,false",
      "[object Set]",
      "3",
    ]);
    expect(lines).toEqual([`a: ${expected}`, `b: ${expected}`, `a: ${expected}`]);
    expect(Object.isFrozen(Object.prototype)).toBe(false);
    expect("last" in Array.prototype).toBe(false);
  });

  it("says what the real one says", async () => {
    await both(
      `const attempt = (f) => { try { console.log(f()); } catch (error) { console.log(error.name, error.message); } };
       attempt(() => Object.defineProperty(Array.prototype, "x", 5)); attempt(() => Object.defineProperty(5, "x", {}));
       attempt(() => Object.defineProperty(Array.prototype, "x", { get: 5 })); attempt(() => Object.defineProperty(Array.prototype, "x", { get() {}, value: 1 }));
       Object.defineProperty(Array.prototype, "y", { value: 1, writable: true }); attempt(() => { Array.prototype.y = 2; return [].y; });
       attempt(() => Object.defineProperty(Array.prototype, "y", { value: 3 }) === Array.prototype && [].y); attempt(() => Object.defineProperty(Array.prototype, "y", { enumerable: true }));
       Object.freeze(Promise.prototype); attempt(() => Reflect.defineProperty(Promise.prototype, "then", { value: 1 })); attempt(() => { "use strict"; Promise.prototype.then = 5; });
       attempt(() => Object.defineProperty({}, "z", { value: 1 }).z); attempt(() => Object.freeze({ a: 1 }).a); attempt(() => Object.isFrozen("x")); attempt(() => Reflect.isExtensible(5));
       console.log(Object.defineProperty.name, Object.defineProperty.length, Object.freeze.name, /native code/.test(Object.defineProperty), await Promise.resolve(4));
       try { Object.defineProperty(Object.freeze({}), "a", { value: 1 }); } catch (error) { console.log(error.stack.split("\\n")[1].replace(/Function|Object/, "")); }`,
    );
  });
});

describe("a run", () => {
  const program = (when: string): string => `${LOOK} ${PATCH}
    console.log(look()); ${when};
    setTimeout(() => { console.log(look()); for (const name in {}) console.log(name); }, 50);`;

  it("leaves nothing behind, whenever it patched", async () => {
    const plain = program("");
    const first = await world(plain, [{ name: "a" }]);
    for (const when of ["patch()", "setTimeout(patch, 20)", "setTimeout(patch, 900)"]) {
      const patched = await world(program(when), [{ name: "a" }, { name: "b" }]);
      const again = await world(program(when), [{ name: "a" }, { name: "b" }]);
      expect(again.fingerprint).toBe(patched.fingerprint);
      expect(again.lines).toEqual(patched.lines);
      const after = await world(plain, [{ name: "a" }]);
      expect(after.fingerprint).toBe(first.fingerprint);
      expect(after.lines).toEqual(first.lines);
    }
    expect(Object.keys(globalThis)).not.toContain("implicit");
  });

  it("begins again at most once for what was added late, and from then on knows", async () => {
    const late = `setTimeout(() => { WeakSet.prototype.late = 1; }, 20); setInterval(() => console.log(new WeakSet().late), 15);`;
    const starts = [{ name: "a" }, { name: "b", atNs: 22e6 }];
    const first = await world(late, starts, 41e6);
    const second = await world(late, starts, 41e6);
    expect([first.begun, second.begun]).toEqual([2, 1]);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(first.lines).toEqual(["a: undefined", "a: 1", "b: undefined"]);
    const never = await world(`console.log(1)`, starts);
    expect(never.begun).toBe(1);
  });

  it("gives back what the code around it had changed, and hides it meanwhile", async () => {
    const { toString } = Number.prototype;
    Number.prototype.toString = function (...args) {
      return toString.apply(this, args);
    };
    const mine = Number.prototype.toString;
    Object.defineProperty(Array.prototype, "outside", { value: 1, configurable: true });
    try {
      const { stdout } = await hosted(
        `console.log([].outside, /native/.test(Number.prototype.toString)); Array.prototype.inside = 1;`,
      );
      expect(stdout).toBe("undefined true\n");
      expect(Number.prototype.toString).toBe(mine);
      expect(([] as unknown as { outside: number }).outside).toBe(1);
      expect("inside" in Array.prototype).toBe(false);
    } finally {
      Number.prototype.toString = toString;
      delete (Array.prototype as { outside?: number }).outside;
    }
  });

  it("shows whoever watches it the built-ins as they are", async () => {
    const seen = await inFolder(
      `Array.prototype.map = () => "broken"; Object.prototype.mark = 1; console.log("x"); throw new Error("y");`,
      {},
      async (entry) => {
        const compiled = await compileProgram({ entry });
        return simulate(() => {
          const kernel = new Kernel({ seed: 1 });
          const host = new Host(kernel, { id: 1, name: "h" });
          new Network(kernel).attach(host);
          const views: unknown[] = [];
          const look = (): void =>
            void views.push(
              [1].map((x) => x + 1),
              ({} as { mark?: 1 }).mark,
            );
          startProgram(host.spawn(), compiled, { onOutput: look, onUncaught: look, onExit: look });
          kernel.run(1e9);
          return views;
        });
      },
    );
    expect(seen).toEqual([[2], undefined, [2], undefined, [2], undefined, [2], undefined]);
  });
});
