/**
 * A check of all objects that processes share, cheap enough for the end of each event: whether
 * every assignable property of every built-in still has its value.
 *
 * The comparison is generated code: a few functions with a few hundred `===` each. Every object is
 * read through an object that inherits from it. V8 then treats it as a prototype and its properties
 * as constants, and optimized code depends on them instead of loading them. Hundreds of comparisons
 * take about ten nanoseconds until a property is assigned; V8 detects that itself.
 */
import { compileFunction } from "node:vm";
import type { SharedObject } from "./catalog.ts";
import { isSame, read } from "./safe.ts";

/** Returns whether all values are unchanged. */
export type Check = () => boolean;

/**
 * The number of objects per function. With fewer, the calls cost too much; with more, V8 does not
 * optimize.
 */
const GROUP = 40;

/** Checks many objects at once. */
export interface ValueCheck {
  /** Returns whether all values are unchanged. */
  isUntouched: Check;
  /**
   * Excludes an object from now on. An object that changes repeatedly would deoptimize the code for
   * the others in its group.
   */
  leaveOut(object: SharedObject): void;
}

/** Returns whether the values of one object are unchanged: the same check with a different cost. */
export function hasOwnValues({ object, keys, properties }: SharedObject): boolean {
  for (let i = 0; i < keys.length; i++) {
    const { writable, value } = properties[i] as PropertyDescriptor;
    if (writable !== true) continue;
    const now = (object as Record<PropertyKey, unknown>)[keys[i] as PropertyKey];
    if (now !== value && !isSame(now, value)) return false;
  }
  return true;
}

/** Generates the check for `objects` as they were surveyed. */
export function createCheck(objects: readonly SharedObject[]): ValueCheck {
  const groups: SharedObject[][] = [];
  for (let i = 0; i < objects.length; i += GROUP) groups.push(objects.slice(i, i + GROUP));
  const checks = groups.map(groupCheck);
  const join = (): Check => {
    const parameters = checks.map((_, i) => `check${i}`);
    const terms = parameters.map((name) => `${name}()`);
    return generate(parameters, terms, checks);
  };
  const whole: ValueCheck = {
    isUntouched: join(),
    leaveOut(object) {
      const at = groups.findIndex((group) => group.includes(object));
      if (at < 0) return;
      groups[at] = (groups[at] as SharedObject[]).filter((other) => other !== object);
      checks[at] = groupCheck(groups[at]);
      whole.isUntouched = join();
    },
  };
  return whole;
}

function generate(
  parameters: readonly string[],
  terms: readonly string[],
  values: readonly unknown[],
): Check {
  const body = `return function () { return ${terms.join(" && ") || "true"}; };`;
  return (compileFunction(body, [...parameters]) as (...values: unknown[]) => Check)(...values);
}

function groupCheck(objects: readonly SharedObject[]): Check {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `p${values.push(value) - 1}`;
  const terms: string[] = [];
  for (const { object, keys, properties } of objects) {
    let heir: string | undefined;
    for (const [i, key] of keys.entries()) {
      const { value, writable } = properties[i] as PropertyDescriptor;
      // A read-only property can only change by a definition, which is detected. NaN is not equal
      // to itself.
      if (writable !== true || value !== value) continue;
      heir ??= parameter(Object.create(object));
      const name = typeof key === "string" ? JSON.stringify(key) : parameter(key);
      terms.push(`${heir}[${name}] === ${parameter(value)}`);
    }
  }
  return generate(
    values.map((_, i) => `p${i}`),
    terms,
    values,
  );
}

/**
 * Generates the check of the real global object's `names`. A program in sloppy mode may assign to
 * `Promise` itself. V8 treats free names as constants, too.
 */
export function createGlobalsCheck(names: readonly string[]): Check {
  const world = globalThis as unknown as Record<string, unknown>;
  const usable = names.filter((name) => read(world, name)?.writable === true);
  return generate(
    usable.map((name) => `own${name}`),
    usable.map((name) => `${name} === own${name}`),
    usable.map((name) => world[name]),
  );
}
