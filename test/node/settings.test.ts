/**
 * Settings of Node's modules are each process's own: whatever a program can assign or set by a function, in any public module, no
 * other process sees, neither one that runs beside it nor one that starts afterwards.
 */
import { describe, expect, it } from "vitest";
import {
  type CompiledProgram,
  compileProgram,
  simulate,
  startProgram,
} from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";
import { inFolder } from "./arms.ts";

/**
 * What a program sees of all modules: their properties, those of the functions, classes and objects in them, and of their
 * prototypes. `walk` calls back with an owner, a name and where they are.
 */
const walk = `
  import { builtinModules, createRequire } from "node:module";
  const require = createRequire(import.meta.url);
  const skipped = /^(?:process|module|node:sqlite|node:test.*|node:quic|node:ffi)$/;
  const isObject = (value) => typeof value === "object" && value !== null || typeof value === "function";
  function walk(call) {
    const seen = new Set();
    const visit = (owner, path, depth) => {
      if (seen.has(owner) || ArrayBuffer.isView(owner)) return;
      seen.add(owner);
      for (const key of Reflect.ownKeys(owner)) {
        if (key === "arguments" || key === "caller" || key === "constructor") continue;
        const descriptor = Reflect.getOwnPropertyDescriptor(owner, key);
        let value;
        try { value = owner[key]; } catch { continue; }
        if (value instanceof Promise) value.catch(() => {});
        const name = path + "." + String(key);
        if (isObject(value) && depth < 3) visit(value, name, depth + 1);
        call(owner, key, descriptor, value, name);
      }
    };
    for (const id of builtinModules) {
      if (skipped.test(id)) continue;
      let module;
      try { module = require(id); } catch { continue; }
      visit(module, id, 0);
    }
    for (const name of ["Error", "Buffer", "URL", "performance", "crypto", "console", "navigator"]) if (isObject(globalThis[name])) visit(globalThis[name], name, 0);
  }
  const setters = {
    events: () => require("events").setMaxListeners(77),
    net: () => { const net = require("net"); net.setDefaultAutoSelectFamily(false); net.setDefaultAutoSelectFamilyAttemptTimeout(777); },
    dns: () => { const dns = require("dns"); dns.setDefaultResultOrder("ipv6first"); dns.setServers(["9.9.9.9"]); },
    http: () => require("http").setMaxIdleHTTPParsers(7),
    stream: () => { const stream = require("stream"); stream.setDefaultHighWaterMark?.(false, 777); stream.setDefaultHighWaterMark?.(true, 77); },
    util: () => { require("util").inspect.defaultOptions = { depth: 7, colors: true }; },
    cluster: () => require("cluster").setupPrimary({ exec: "/x" }),
    performance: () => performance.setResourceTimingBufferSize(7),
    threads: () => require("worker_threads").setEnvironmentData("mark", 7),
    channel: () => require("diagnostics_channel").subscribe("mark", () => {}),
    module: () => { const Module = require("module"); Module.wrapper[0] = "x"; Module.globalPaths.push("/x"); Module.builtinModules.push("mark"); },
    tls: () => { require("tls").DEFAULT_MIN_VERSION = "TLSv1.3"; require("tls").setDefaultCACertificates?.([]); },
    process: () => { process.title = "mark"; process.umask(0o77); process.setSourceMapsEnabled?.(true); process.exitCode = 0; process.env.MARK = "7"; process.throwDeprecation = false; process.noDeprecation = true; process.traceDeprecation = true; process.config?.variables && (process.config = 7); },
    os: () => require("os").setPriority?.(7),
    crypto: () => { const crypto = require("crypto"); try { crypto.setFips(true); } catch {} },
    error: () => { Error.stackTraceLimit = 7; Error.prepareStackTrace = () => "mark"; },
    v8: () => { try { require("v8").setFlagsFromString("--stack-trace-limit=7"); } catch {} },
  };
  const getters = {
    events: () => new (require("events"))().getMaxListeners(),
    target: () => require("events").getMaxListeners(new EventTarget()),
    net: () => { const net = require("net"); return [net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout()]; },
    dns: () => { const dns = require("dns"); return [dns.getDefaultResultOrder?.(), dns.getServers(), dns.promises.getServers()]; },
    stream: () => { const stream = require("stream"); return [stream.getDefaultHighWaterMark?.(false), stream.getDefaultHighWaterMark?.(true), new stream.Readable().readableHighWaterMark]; },
    util: () => require("util").inspect({ a: { b: { c: { d: 1 } } } }),
    bytes: () => require("util").inspect(Buffer.alloc(60)),
    pool: () => [Buffer.poolSize, Buffer.from("x").buffer.byteLength],
    cluster: () => [require("cluster").schedulingPolicy, require("cluster").settings],
    threads: () => require("worker_threads").getEnvironmentData("mark"),
    channel: () => require("diagnostics_channel").hasSubscribers("mark"),
    module: () => { const Module = require("module"); return [Module.wrapper[0], Module.globalPaths, Module.builtinModules.includes("mark"), Module.wrap("x")]; },
    tls: () => [require("tls").DEFAULT_MIN_VERSION, require("tls").getCACertificates?.("default").length, require("tls").rootCertificates.length],
    process: () => [process.title, process.umask(), process.exitCode, process.env.MARK, process.throwDeprecation, process.noDeprecation, process.traceDeprecation, typeof process.config],
    os: () => require("os").getPriority(),
    crypto: () => { const crypto = require("crypto"); return [crypto.getFips(), crypto.getCiphers().length, crypto.getHashes().length]; },
    http: () => { const http = require("http"); return [http.METHODS.length, http.STATUS_CODES[200], http.globalAgent.maxSockets, http.maxHeaderSize]; },
    error: () => [new Error("x").stack.split("\\n").length > 3, typeof Error.prepareStackTrace],
  };
  function look() {
    const found = {};
    walk((owner, key, descriptor, value, name) => {
      const shown = isObject(value) ? typeof value : String(value);
      found[name] = shown + (descriptor.writable ? "w" : "") + (descriptor.configurable ? "c" : "") + (descriptor.enumerable ? "e" : "");
    });
    for (const [name, get] of Object.entries(getters)) {
      try { found["get " + name] = JSON.stringify(get()) ?? "undefined"; } catch (error) { found["get " + name] = "! " + error.message; }
    }
    return found;
  }
`;

const program = `${walk}
  const role = process.argv[2];
  const log = console.log, { stringify } = JSON, later = setTimeout;
  const say = () => log(stringify([role, look()]));
  if (role === "changer") {
    say();
    for (const set of Object.values(setters)) { try { set(); } catch {} }
    const changes = [];
    const other = (value) => typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : typeof value === "string" ? value + "x" : typeof value === "bigint" ? value + 1n : 7;
    walk((owner, key, descriptor, value) => {
      if (isObject(value) || typeof key === "symbol") { if (isObject(value) && Object.isExtensible(value)) changes.push([value, "mark", 7]); return; }
      if (descriptor.writable || descriptor.set) changes.push([owner, key, other(value)]);
    });
    log(stringify([role + " changes", changes.length]));
    // It may well die of them.
    for (const [owner, key, value] of changes) { try { owner[key] = value; } catch {} }
  } else if (role === "beside") later(say, 50);
  else say();
  later(() => {}, 200);
`;

describe("a setting of a module", () => {
  it("is each process's own, whatever it is", async () => {
    const lines = await inFolder(program, { name: "program.mjs" }, async (entry) => {
      const compiled: CompiledProgram = await compileProgram({ entry });
      return simulate(() => {
        const kernel = new Kernel({ seed: 1 });
        const network = new Network(kernel);
        const host = new Host(kernel, { id: 1, name: "h" });
        network.attach(host);
        const out = new Map<string, string>();
        for (const role of ["beside", "changer", "after"]) {
          startProgram(host.spawn(), compiled, {
            argv: [role],
            onOutput: (_stream, text) => out.set(role, (out.get(role) ?? "") + text),
          });
          kernel.run(kernel.nowNs + 10e6);
        }
        kernel.run(1e9);
        return out;
      });
    });
    const all = [...lines.values()]
      .join("")
      .trimEnd()
      .split("\n")
      .filter((line) => line.startsWith(`["`))
      .map((line) => JSON.parse(line) as [string, never]);
    const found = new Map<string, Record<string, string>>(all);
    const first = found.get("changer") as Record<string, string>;
    expect(Object.keys(first).length).toBeGreaterThan(3000);
    expect(found.get("changer changes")).toBeGreaterThan(1500);
    // Times that pass.
    const times = /\.nodeTiming\./;
    for (const role of ["beside", "after"]) {
      const seen = found.get(role) as Record<string, string>;
      const differing = Object.keys({ ...first, ...seen }).filter(
        (name) => seen[name] !== first[name] && !times.test(name),
      );
      expect(differing.map((name) => `${role}: ${name}: ${first[name]} ${seen[name]}`)).toEqual([]);
    }
  });
});
