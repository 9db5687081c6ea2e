/**
 * Prints what this process sees of Node, as JSON: every name of every public module and of the global
 * object, each with its kind. Run on a simulated host and on the real Node, and compared.
 */
"use strict";
const { builtinModules } = require("node:module");

const shapes = {};
process.removeAllListeners("warning");

function kindOf(value) {
  return value === null ? "null" : typeof value;
}

/** `value`, or how reading it ended. */
function read(holder, key, descriptor) {
  if ("value" in descriptor) return { value: descriptor.value, kind: kindOf(descriptor.value) };
  if (descriptor.get === undefined) return { value: undefined, kind: "undefined" };
  try {
    const value = holder[key];
    // A getter that wants an instance may reject.
    if (value instanceof Promise) value.catch(() => {});
    return { value, kind: kindOf(value) };
  } catch (error) {
    return { value: undefined, kind: `throws ${error?.code ?? error?.name}` };
  }
}

function flagsOf(descriptor) {
  const access =
    "value" in descriptor
      ? descriptor.writable
        ? "writable"
        : "read-only"
      : [descriptor.get && "get", descriptor.set && "set"].filter(Boolean).join("+");
  return [
    access,
    descriptor.enumerable ? "enumerable" : "hidden",
    descriptor.configurable ? "" : "fixed",
  ]
    .filter(Boolean)
    .join(" ");
}

/** What depends on how the process was started: its streams, its environment, its files. */
const isLeaf = (key) =>
  /^(_?std(in|out|err)|env|mainModule|_cache|_pathCache|_times|\[counts\])$/.test(nameOf(key));

const nameOf = (key) => (typeof key === "symbol" ? `[${key.description}]` : key);
const ordinary = new Set([
  Object.prototype,
  Function.prototype,
  Array.prototype,
  Object.getPrototypeOf(async () => {}),
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
]);

/** Values that differ from machine to machine, or from moment to moment. */
const isStable = (path) => /constants|codes|errno|STATUS_CODES|METHODS|signals/.test(path);

function walk(path, object, depth, above) {
  if (above.includes(object)) return;
  const chain = [...above, object];
  const seen = new Set();
  for (
    let at = object;
    at !== null && !(ordinary.has(at) && at !== object);
    at = Object.getPrototypeOf(at)
  ) {
    // Another module's instances are that module's matter.
    if (at !== object && (depth === 0 || typeof object === "function")) break;
    for (const key of Reflect.ownKeys(at)) {
      if (
        seen.has(key) ||
        (typeof object === "function" &&
          (key === "prototype" || key === "caller" || key === "arguments"))
      )
        continue;
      // Arrays, and what is indexed: their contents are values.
      if (typeof key === "string" && /^\d+$/.test(key)) continue;
      seen.add(key);
      const { value, kind } = read(object, key, Object.getOwnPropertyDescriptor(at, key));
      // What is made when it is first used has its attributes from then on.
      const descriptor = Object.getOwnPropertyDescriptor(at, key) ?? {};
      const name = `${path}.${nameOf(key)}`;
      const constant = ["number", "string"].includes(kind) && isStable(path) ? ` ${value}` : "";
      shapes[name] =
        `${kind} ${flagsOf(descriptor)}${constant}${at === object ? "" : " inherited"}`;
      if (
        depth > 0 &&
        !isLeaf(key) &&
        value !== null &&
        (typeof value === "object" || typeof value === "function")
      ) {
        walk(name, value, depth - 1, chain);
      }
    }
    // Instances of JavaScript's own classes have what these have.
    if (
      Buffer.isBuffer(object) ||
      ArrayBuffer.isView(object) ||
      object instanceof Map ||
      object instanceof Set
    )
      break;
  }
  if (
    typeof object === "function" &&
    typeof object.prototype === "object" &&
    object.prototype !== null &&
    Reflect.ownKeys(object.prototype).length > 1
  ) {
    walk(`${path}#`, object.prototype, Math.min(depth, 0), chain);
  }
}

for (const id of [
  ...builtinModules,
  "node:sea",
  "node:sqlite",
  "node:test",
  "node:test/reporters",
]) {
  const path = id.startsWith("node:") ? id : `node:${id}`;
  let exports;
  try {
    exports = require(path);
  } catch (error) {
    shapes[path] = `throws ${error.code}`;
    continue;
  }
  shapes[path] = kindOf(exports);
  if (exports !== null && (typeof exports === "object" || typeof exports === "function"))
    walk(path, exports, 2, []);
}
for (const key of Reflect.ownKeys(globalThis)) {
  const { value, kind } = read(globalThis, key, Object.getOwnPropertyDescriptor(globalThis, key));
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, key);
  const name = `globalThis.${nameOf(key)}`;
  shapes[name] = `${kind} ${flagsOf(descriptor)}`;
  if (
    value !== globalThis &&
    value !== process &&
    value !== null &&
    (typeof value === "object" || typeof value === "function")
  ) {
    walk(name, value, 1, [globalThis]);
  }
}
process.stdout.write(JSON.stringify(shapes));
