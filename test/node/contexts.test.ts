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
