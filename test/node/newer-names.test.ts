/**
 * Names that some versions of Node have and others lack. A program finds those of its own Node, and finds
 * behind each what belongs to its process: no version has a way out of the run that older ones have not.
 */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { hostNames, sharedNames } from "../../src/node/globals.ts";
import { both, hosted } from "./arms.ts";

const has = (name: string): boolean => name in globalThis;

describe("the global object", () => {
  it("has every name of the real one, and none that is not a process's own or without state", () => {
    const print = "console.log(Object.getOwnPropertyNames(globalThis).join())";
    const names = execFileSync(process.execPath, ["-e", print], { encoding: "utf8" });
    const known = new Set([...hostNames, ...sharedNames, "globalThis", "global"]);
    // What a script that is given as text has beside them.
    for (const name of ["exports", "module", "__filename", "__dirname", "require"]) known.add(name);
    const builtins = execFileSync(process.execPath, [
      "-p",
      "require('module').builtinModules.join()",
    ]);
    for (const name of builtins.toString().trim().split(",")) known.add(name);
    expect(
      names
        .trim()
        .split(",")
        .filter((name) => !known.has(name)),
    ).toEqual([]);
  });

  it("knows the classes of keys, addresses and measurements by name", async () => {
    await both(`
      const names = ["CryptoKey", "SubtleCrypto", "Crypto", "URLPattern", "Performance", "PerformanceResourceTiming", "Navigator", "ErrorEvent", "QuotaExceededError", "Storage"];
      console.log(names.map((name) => [name, typeof globalThis[name], globalThis[name]?.name]));
      const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
      console.log(key instanceof CryptoKey, key instanceof globalThis.CryptoKey, performance instanceof Performance);
      if (typeof URLPattern === "function") console.log(new URLPattern("/users/:id", "http://a").exec("http://a/users/3").pathname.groups.id);`);
  });
});

describe.runIf(has("Temporal"))("Temporal", () => {
  it("tells the host's time, as Date does", async () => {
    const source = `
      const now = Temporal.Now.instant();
      console.log(now.epochMilliseconds === Date.now(), String(now), Temporal.Now.timeZoneId(), String(Temporal.Now.plainDateTimeISO()), String(Temporal.Now.plainDateISO()));
      await new Promise((done) => setTimeout(done, 90_000));
      console.log(String(now.until(Temporal.Now.instant()).round({ largestUnit: "minutes", smallestUnit: "seconds" })), String(Temporal.Now.plainTimeISO("Asia/Tokyo")), String(Temporal.Now.zonedDateTimeISO()));
      console.log(eval("String(Temporal.Now.instant())"), new Function("return Temporal.Now.plainDateISO().toString()")());`;
    const first = await hosted(source);
    expect(first.stdout).toBe(
      [
        "true 2026-01-01T00:00:00Z UTC 2026-01-01T00:00:00 2026-01-01",
        "PT1M30S 09:01:30 2026-01-01T00:01:30+00:00[UTC]",
        "2026-01-01T00:01:30Z 2026-01-01",
        "",
      ].join("\n"),
    );
    expect(await hosted(source)).toEqual(first);
  });

  it("is the real one in all else", async () => {
    await both(`
      console.log(Object.getOwnPropertyNames(Temporal), Object.getOwnPropertyNames(Temporal.Now), String(Temporal), String(Temporal.Now), globalThis.Temporal === Temporal);
      console.log(Temporal.Now.instant() instanceof Temporal.Instant, Temporal.Now.zonedDateTimeISO("Europe/Paris").timeZoneId, Temporal.Now.instant.name);
      console.log(String(Temporal.PlainDate.from("2024-02-29").add({ years: 1 })), String(new Date(0).toTemporalInstant()));
      try { new Temporal.Now.instant(); } catch (e) { console.log(e.name); }
      try { Temporal.Now.plainDateISO("Nowhere/Land"); } catch (e) { console.log(e.name); }`);
  });
});

describe.runIf(has("sessionStorage"))("sessionStorage", () => {
  it("is the real one, to the last property", async () => {
    await both(`
      const s = sessionStorage, attempt = (what, call) => { try { console.log(what, call()); } catch (e) { console.log(what, e.constructor.name, e.name, e.code, e.message); } };
      for (const key of ["b", "a", "\\u00e9", "B", "aa", "10", "9", "\\u{1F600}", "\\uFFFF"]) s.setItem(key, key + "!");
      attempt("keys", () => Object.keys(s)); attempt("key", () => Array.from({ length: s.length + 1 }, (_, i) => s.key(i)));
      attempt("order", () => { s.setItem("b", "again"); return [Object.keys(s).join(), s.length, Object.getOwnPropertyDescriptor(s, "b")]; });
      attempt("absent", () => [s.nope, s.getItem("nope"), "nope" in s, "getItem" in s, "b" in s]);
      attempt("text", () => { s.n = 5; s[7] = null; return [s.n, s[7], s.getItem("7")]; });
      attempt("names of methods", () => { s.setItem("getItem", "x"); s.key = 3; s.length = 3; return [s.getItem === Storage.prototype.getItem, s.getItem("key"), s.length, Object.keys(s).includes("key")]; });
      attempt("defined", () => { Object.defineProperty(s, "d", { value: "v" }); return [s.d, s.getItem("d")]; });
      attempt("deleted", () => [delete s.d, s.d, delete s.nope, s.removeItem("n"), s.n]);
      attempt("in", () => { const names = []; for (const name in s) names.push(name); return names.join(); });
      attempt("json", () => JSON.stringify(s)); attempt("symbol", () => { const q = Symbol("q"); s[q] = 1; return [s[q], q in s, delete s[q]]; });
      for (const name of ["getItem", "setItem", "removeItem", "key"]) attempt(name, () => s[name]());
      attempt("one argument", () => s.setItem("x")); attempt("symbol key", () => s.setItem(Symbol("x"), 1));
      attempt("made", () => new Storage()); attempt("invoked", () => Storage.prototype.getItem.call({}, "x"));
      attempt("indices", () => [s.key("0") === s.key(0), s.key(-1), s.key(1.9) === s.key(1), s.key(NaN) === s.key(0)]);
      attempt("cleared", () => { s.clear(); return [s.length, Object.keys(s), s === sessionStorage]; });
      attempt("full", () => s.setItem("a", "x".repeat(5_242_880))); attempt("just fits", () => { s.setItem("a", "x".repeat(5_242_879)); return s.length; });
      console.log(typeof localStorage);`);
  });

  it("is a process's own, and gone with it", async () => {
    const source = `console.log(sessionStorage.getItem("seen")); sessionStorage.setItem("seen", "yes");`;
    const runs = [await hosted(source), await hosted(source)];
    expect(runs.map(({ stdout }) => stdout)).toEqual(["null\n", "null\n"]);
  });

  it("has no file beside it, and the program is told so in each run", async () => {
    const source = "console.log(typeof localStorage);";
    const [first, second] = [await hosted(source), await hosted(source)];
    expect(first.stderr).toContain("localStorage is not available");
    expect(second).toEqual(first);
    const quiet = `new (require("node:worker_threads").Worker)("console.log(typeof sessionStorage)", { eval: true });`;
    expect(await hosted(quiet, { name: "program.cjs" })).toMatchObject({
      stdout: "object\n",
      stderr: "",
    });
  });
});

describe("process", () => {
  it("has what its Node has", async () => {
    await both(`
      const names = ["assert", "ref", "unref", "finalization", "execve", "getBuiltinModule", "setSourceMapsEnabled", "sourceMapsEnabled", "openStdin", "threadCpuUsage", "loadEnvFile", "addUncaughtExceptionCaptureCallback"];
      console.log(names.map((name) => [name, typeof process[name]]));`);
  });

  it("gives built-in modules, which are its own", async () => {
    await both(`
      import fs from "node:fs"; import net from "node:net";
      const get = process.getBuiltinModule;
      console.log(get("fs") === fs, get("node:net") === net, get("sqlite"), get("no-such"), get("node:no-such"), get("internal/util"), get.name);
      try { get(1); } catch (e) { console.log(e.code, e.message); }`);
    const { stdout } = await hosted(`
      const fs = process.getBuiltinModule("fs"), os = process.getBuiltinModule("node:os");
      console.log(os.hostname(), fs.existsSync(process.getBuiltinModule("path").resolve("package.json")));`);
    expect(stdout).toBe("alone false\n");
  });

  it.runIf("finalization" in process)("finalizes as it exits", async () => {
    await both(`
      const kept = { name: "kept" }, dropped = { name: "dropped" };
      process.finalization.register(kept, (it, event) => console.log(it.name, event));
      process.finalization.registerBeforeExit(kept, (it, event) => console.log(it.name, event));
      process.finalization.register(dropped, () => console.log("never")); process.finalization.unregister(dropped);
      const timer = setInterval(() => {}, 1000); process.unref(timer); process.ref(timer); process.unref(timer);`);
  });

  it.runIf("addUncaughtExceptionCaptureCallback" in process)(
    "asks who takes an exception, the last one first",
    async () => {
      await both(`
        process.addUncaughtExceptionCaptureCallback((e) => { console.log("first", e.message); return e.message === "mine"; });
        process.addUncaughtExceptionCaptureCallback((e) => { console.log("second", e.message); return false; });
        process.on("uncaughtException", (e) => console.log("event", e.message));
        setTimeout(() => { throw new Error("mine"); }, 1); setTimeout(() => { throw new Error("whose"); }, 20);`);
    },
  );
});

describe("what the real modules warn of once", () => {
  it("is heard in no run, as it would be in the first alone", async () => {
    const source = `
      import url from "node:url";
      process.on("warning", (warning) => console.log("heard", warning.code));
      new Buffer(3); url.parse("http://a/b"); try { url.parse("http://a:port/"); } catch (e) { console.log(e.code); }
      setTimeout(() => console.log("done"), 10);`;
    const first = await hosted(source);
    expect(first.stdout).toMatch(/^(ERR_INVALID_\w+\n)?done\n$/);
    expect(first.stderr).toBe("");
    expect(await hosted(source)).toEqual(first);
  });
});
