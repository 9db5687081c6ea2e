/** Messages that quote code name what the program has written, whoever catches the error, compared with the real Node. */
import { it } from "vitest";
import { both } from "./arms.ts";

const files = {
  "values.mjs": `export let absent, nil = null, num = 5, yes = true, obj = { a: 1 }; export default undefined; export function f() {}
    export const failing = (call) => { call(); };`,
};

it("in the program's catch clauses, in Node's assertions, and in handlers of rejections", async () => {
  await both(
    `import assert from "node:assert"; import { EventEmitter } from "node:events"; import { pipeline, Readable } from "node:stream";
     import def, { absent, nil, num, obj, f, failing } from "./values.mjs"; import * as all from "./values.mjs";
     const cases = {
       call: () => absent(), number: () => num(), method: () => obj.b(), fallback: () => def(), space: () => all.absent(), none: () => all.nope(),
       construct: () => new absent(), property: () => absent.x, deep: () => nil.x.y, write: () => { absent.x = 1; }, spread: () => [...num],
       pattern: () => { const { a } = absent; }, loop: () => { for (const x of num); }, tag: () => absent\`x\`, heir: () => { class A extends num {} },
       inside: () => "a" in num, free: () => nope(), freeProperty: () => process.nope.x, computed: () => obj[num](), result: () => f().x, through: () => failing(() => absent()),
     };
     for (const [name, run] of Object.entries(cases)) {
       try { run(); } catch (error) { console.log(name, error.message); }
       try { assert.throws(run, (error) => { console.log(name, String(error)); return true; }); assert.throws(run, /nothing like it/); } catch (error) { console.log(error.message); }
     }
     assert.throws(() => absent(), { name: "TypeError", message: "absent is not a function" });
     await assert.rejects(async () => absent(), /^TypeError: absent is not a function$/);
     await Promise.resolve().then(() => absent()).catch((error) => console.log("rejected", error.message));
     await new Promise((done) => pipeline(Readable.from((async function* () { yield absent.x; })()), async function* () {}, (error) => done(console.log("stream", error.message))));
     await new Promise((done) => { const e = new EventEmitter({ captureRejections: true }); e.on("error", (error) => done(console.log("captured", error.message))); e.on("x", async () => absent()); e.emit("x"); });
     process.on("uncaughtException", (error) => console.log("uncaught", error.message)); setTimeout(() => absent(), 1);`,
    { files, name: "program.mjs" },
  );
});

it("and leave alone what is thrown in place of an error", async () => {
  await both(
    `import assert from "node:assert";
     const heard = (name) => () => { console.log("heard", name); throw new Error(name); };
     const proxy = new Proxy({}, { get: heard("get"), getPrototypeOf: heard("getPrototypeOf"), getOwnPropertyDescriptor: heard("descriptor") });
     try { throw proxy; } catch { console.log("caught"); }
     await Promise.reject(proxy).catch(() => console.log("rejected"));
     assert.throws(() => { throw proxy; }, () => true);
     process.on("unhandledRejection", () => console.log("unhandled"));
     Promise.reject(proxy);`,
    { name: "program.mjs" },
  );
});

it("of an imported name that is assigned to, if it is", async () => {
  await both(
    `import { absent, nil, num, yes, obj } from "./values.mjs";
     let evaluated = 0;
     const cases = {
       a: () => { absent ??= ++evaluated; }, b: () => { nil ??= 1; }, c: () => { num ??= ++evaluated }, d: () => { nil ||= 1; }, e: () => { yes ||= ++evaluated; },
       f: () => { nil &&= ++evaluated; }, g: () => { yes &&= 1; }, h: () => (num ??= 7) + 1, i: () => { num += 1; }, j: () => { [num] = [1]; },
       k: () => {
         const x = 1
         yes ||= x
         num ??= x
         return [yes, num]
       },
       l: () => [yes ||= 1, obj.a ??= 5, nil && (absent ??= 1)], m: () => (absent ?? (num ??= yes ||= 3)),
     };
     for (const [name, run] of Object.entries(cases)) { try { console.log(name, run()); } catch (error) { console.log(name, error.name, error.message); } }
     console.log(evaluated);`,
    { files, name: "program.mjs" },
  );
});
