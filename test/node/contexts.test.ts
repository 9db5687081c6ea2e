/** Fresh contexts of `node:vm`: scripts run there as on the real Node, by the clock and the chance of their host. */
import { expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

it("run scripts as the real ones do", async () => {
  await both(`
    import vm from "node:vm";
    const context = vm.createContext({ seen: [], double: (x) => 2 * x });
    console.log(vm.isContext(context), vm.isContext({}), vm.runInContext("seen.push(double(21)); globalThis.own = 1; seen", context), context.own);
    console.log(vm.runInNewContext("typeof process + typeof console + [1, 2].map(f).join()", { f: (x) => x + 1 }), vm.runInThisContext("typeof globalThis.process"));
    const script = new vm.Script("count = (globalThis.count ?? 0) + 1", { filename: "mine.js" });
    script.runInContext(context); console.log(script.runInContext(context), script.runInNewContext({ count: 10 }));
    console.log(vm.runInNewContext("Date.name + Date.length + (new Date(0)).toISOString() + (new Date(0) instanceof Date)"));
    console.log(vm.runInNewContext("[] instanceof Array") , vm.runInNewContext("[]") instanceof Array);
    try { vm.runInContext("not a script", context); } catch (error) { console.log(error.name, error.message); }
    try { vm.runInContext("null.x", context, { filename: "mine.js" }); } catch (error) { console.log(error.name, error instanceof Error, error.stack.split("\\n")[1].trim()); }
    try { vm.runInContext("1", {}); } catch (error) { console.log(error.code); }
    console.log(vm.compileFunction("return a + b", ["a", "b"])(1, 2));`);
});

it("leave the names of their object alone, and see what it has", async () => {
  await both(`
    import vm from "node:vm";
    const show = (label, f) => { try { console.log(label, f()); } catch (error) { console.log(label, error.name, error.message); } };
    for (const name of ["Date", "Math", "Intl", "Error", "Object", "Reflect", "globalThis"]) show(name, () => vm.runInNewContext(name, { [name]: 7 }));
    const math = { a: 1 }; const context = vm.createContext({ Math: math });
    console.log(context, Object.getOwnPropertyNames(context), Object.getOwnPropertyNames(math));
    const heir = vm.createContext(Object.create({ Date: "inherited" }));
    console.log(vm.runInContext("Date", heir), Object.getOwnPropertyNames(heir));
    const open = vm.createContext({}); console.log(vm.runInContext("Date = 5; Math = 6; Date + Math", open), open);
    console.log(vm.runInNewContext("delete globalThis.Date; delete globalThis.Math; typeof Date + typeof Math"));
    console.log(vm.runInNewContext("Object.getOwnPropertyNames(Date).sort().join()"));
    await vm.runInNewContext("import('node:fs')").catch((error) => console.log(error.code));`);
});

it("have no other clock, and no other chance, by any way around", async () => {
  const numbers =
    "[Date.now(), Date.now() - new Date(), new (new Date().constructor)().getTime(), Math.random()].join()";
  const source = `
    import vm from "node:vm";
    const ask = ${JSON.stringify(numbers)};
    const objects = { plain: {}, frozen: Object.freeze({ x: 1 }), proxy: new Proxy({}, {}), none: Object.create(null) };
    if (vm.constants?.DONT_CONTEXTIFY) objects.global = vm.constants.DONT_CONTEXTIFY;
    for (const [name, object] of Object.entries(objects)) console.log(name, vm.runInContext(ask, vm.createContext(object)));
    console.log("built", vm.runInNewContext("(() => {}).constructor('return ' + ask)()", { ask }), await vm.runInNewContext("(async () => {}).constructor('return ' + ask)()", { ask }));
    console.log("compiled", vm.compileFunction("return " + ask, [], { parsingContext: vm.createContext({}) })());
    console.log("here", vm.runInThisContext(ask), vm.compileFunction("return " + ask)());`;
  const first = await hosted(source);
  expect(first.code, first.stderr).toBe(0);
  for (const line of first.stdout.trimEnd().split("\n")) {
    for (const told of line.split(" ").slice(1)) {
      expect(told, line).toMatch(/^1767225600000,0,1767225600000,0\.\d+$/);
    }
  }
  expect(await hosted(source)).toEqual(first);
});

it("read their host's clock, and draw from its seed", async () => {
  const source = `
    import vm from "node:vm";
    const ask = "[Date.now(), new Date().getTime(), Math.random(), typeof Atomics.wait, String(new Date())].join()";
    console.log(vm.runInNewContext(ask), Date.now());
    setTimeout(() => console.log(vm.runInNewContext(ask), Date.now()), 90_000);`;
  const first = await hosted(source);
  const [now, later] = first.stdout.split("\n");
  expect(now).toMatch(
    /^1767225600000,1767225600000,0\.\d+,function,Thu Jan 01 2026 00:00:00 .* 1767225600000$/,
  );
  expect(later).toMatch(
    /^1767225690000,1767225690000,0\.\d+,function,Thu Jan 01 2026 00:01:30 .* 1767225690000$/,
  );
  expect(await hosted(source)).toEqual(first);
  const other = await hosted(source, { seed: 2 });
  expect(other.stdout).not.toBe(first.stdout);
});

it("keep blobs under URLs, each process its own", async () => {
  await both(`
    import { resolveObjectURL } from "node:buffer";
    const url = URL.createObjectURL(new Blob(["some", "text"], { type: "text/plain" }));
    const blob = resolveObjectURL(url);
    console.log(url.length, url.slice(0, 14), blob.size, blob.type, await blob.text());
    URL.revokeObjectURL(url); console.log(resolveObjectURL(url));
    try { URL.createObjectURL({}); } catch (error) { console.log(error.code); }
    try { URL.revokeObjectURL(); } catch (error) { console.log(error.code); }`);
});
