/**
 * Calls every function of every public module without arguments, and makes an instance of every class, and
 * prints how each call went, as JSON. Run on a simulated host and on the real Node, and compared.
 */
"use strict";
const { builtinModules } = require("node:module");

const outcomes = {};
/** What would end, fork or stop the process, write files, or wait for a person. */
const never =
  /^node:(repl|inspector.*|test.*|trace_events|sqlite|wasi|cluster\.(_?fork|setup\w+|disconnect)|process\.(exit|reallyExit|abort|_kill|kill|_debug\w+|_rawDebug|openStdin|_tickCallback|_fatalException|dlopen|execve|disconnect)|v8\.(writeHeapSnapshot|getHeapSnapshot|startCpuProfile|startHeapProfile|setHeap\w+)|child_process\._forkChild|process\.report\..*|domain\.\w+|http.*\.get|https.*\.get)$/;

process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});
process.removeAllListeners("warning");

function outcomeOf(call) {
  try {
    const value = call();
    if (value instanceof Promise) value.catch(() => {});
    if (typeof value?.destroy === "function") value.destroy();
    if (typeof value?.close === "function") value.close();
    return `gives ${value === null ? "null" : typeof value}`;
  } catch (error) {
    if (error?.code !== undefined) return `throws ${error.code}`;
    return `throws ${error?.name}: ${String(error?.message).split("\n")[0]}`;
  }
}

function tryAll(path, holder, depth) {
  for (const key of Object.keys(holder)) {
    const name = `${path}.${key}`;
    if (never.test(path) || never.test(name)) continue;
    let value;
    try {
      value = holder[key];
    } catch {
      continue;
    }
    if (typeof value === "function") {
      const isClass =
        typeof value.prototype === "object" && Reflect.ownKeys(value.prototype).length > 1;
      outcomes[name] = outcomeOf(() => value.call(holder));
      if (isClass) outcomes[`new ${name}`] = outcomeOf(() => new value());
    } else if (
      typeof value === "object" &&
      value !== null &&
      depth > 0 &&
      !Array.isArray(value) &&
      !/^_?std|^env$/.test(key)
    ) {
      tryAll(name, value, depth - 1);
    }
  }
}

for (const id of builtinModules) {
  if (id.startsWith("_") || never.test(`node:${id}`)) continue;
  tryAll(`node:${id.replace("node:", "")}`, require(id), 1);
}
// What begins something of its own is made, and its methods are called.
const { createHistogram, monitorEventLoopDelay, performance } = require("node:perf_hooks");
const made = {
  histogram: createHistogram(),
  delay: monitorEventLoopDelay(),
  performance,
  report: process.report,
};
for (const [name, instance] of Object.entries(made)) {
  for (
    let at = instance;
    at !== null && at !== Object.prototype && at !== EventTarget.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const key of Object.getOwnPropertyNames(at)) {
      if (key === "constructor" || key === "writeReport" || typeof instance[key] !== "function")
        continue;
      outcomes[`${name}.${key}`] = outcomeOf(() => instance[key]());
    }
  }
}
process.stdout.write(`\n${JSON.stringify(outcomes)}`, () => process.reallyExit(0));
