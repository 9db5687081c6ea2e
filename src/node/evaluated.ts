/**
 * The global names seen by code that is created during a run by `eval` and `new Function`, or that
 * was kept from outside: its free names are those of the real global object. During a run, these
 * return what the running process has under the same name, so such code uses simulated time like
 * all other code. If no process is running, anything that could differ between two runs throws an
 * error that names it.
 */
import { LightconeError } from "../base/errors.ts";
import { hostNames } from "./globals.ts";
import { currentProcess } from "./node-process.ts";
import { realTemporalNow } from "./temporal.ts";
import type { Guard } from "./views/guards.ts";

/**
 * Saved when this file is loaded, so that tests with fake clocks do not affect the world's clock.
 */
const RealDate = Date;
const outsides: Readonly<Record<string, PropertyDescriptor>> = Object.fromEntries(
  hostNames.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name) ?? {}]),
);

/** Refuses access that does not come from a process of the world. */
export function refuse(what: string): never {
  const host = currentProcess()?.process.host.name;
  throw new LightconeError(
    "LC_ESCAPE",
    `${host ? `host ${JSON.stringify(host)}` : "code inside a run"} reached the real ${what}`,
    "Code that was kept from outside the world is not simulated.",
  );
}

/**
 * Returns the `constructor` of dates, which is also the real global `Date` during a run. It
 * delegates to the running process's `Date`. Without one, it throws if the result would depend on
 * the current time.
 */
function createDateConstructor(real: DateConstructor): DateConstructor {
  const own = (): DateConstructor | undefined => currentProcess()?.realm.intrinsics.Date;
  function HostDate(...args: unknown[]): unknown {
    const date = own() ?? (args.length > 0 && new.target ? real : refuse("Date"));
    if (!new.target) return date();
    return Reflect.construct(date, args, new.target === HostDate ? date : new.target);
  }
  Object.defineProperty(HostDate, "name", { value: "Date" });
  Object.defineProperty(HostDate, "length", { value: 7 });
  return Object.assign(HostDate, {
    parse: real.parse,
    UTC: real.UTC,
    now: () => (own() ?? refuse("Date.now")).now(),
    prototype: real.prototype,
  }) as unknown as DateConstructor;
}

/**
 * Returns guards for objects that are shared by all processes and must not be reached if a process
 * has its own.
 */
export function escapeGuards(): Guard[] {
  const guards: Guard[] = [];
  const forbid = (owner: object, name: string, what: string): void => {
    guards.push({ owner, name, descriptor: { value: () => refuse(what) } });
  };
  forbid(RealDate, "now", "Date.now");
  forbid(performance, "now", "performance.now");
  forbid(process, "nextTick", "process.nextTick");
  forbid(process, "hrtime", "process.hrtime");
  for (const name of Object.getOwnPropertyNames(realTemporalNow ?? {})) {
    forbid(realTemporalNow as object, name, `Temporal.Now.${name}`);
  }
  // The simulator's own code uses the real `Math`. An accessor would be expensive.
  const random = (): number =>
    (currentProcess()?.realm.intrinsics.Math ?? refuse("Math.random")).random();
  guards.push({ owner: Math, name: "random", descriptor: { value: random } });
  const date = createDateConstructor(RealDate);
  guards.push({ owner: RealDate.prototype, name: "constructor", descriptor: { value: date } });
  return [...guards, ...globalGuards(date)];
}

/** Names that the real global object keeps: see above. */
const kept = new Set(["Math"]);

const refused = new Set(["setTimeout", "setInterval", "setImmediate", "fetch"]);

function globalGuards(date: DateConstructor): Guard[] {
  return hostNames
    .filter((name) => !kept.has(name))
    .map((name) => {
      const outside = outsides[name] as PropertyDescriptor;
      const refusal = refused.has(name) ? () => refuse(name) : undefined;
      const own = (): Record<string, unknown> | undefined =>
        currentProcess()?.global as Record<string, unknown> | undefined;
      const get = (): unknown => {
        const global = own();
        if (global !== undefined) return global[name];
        if (name === "Date") return date;
        return refusal ?? (outside.get ? outside.get.call(globalThis) : outside.value);
      };
      const set = (value: unknown): void => {
        const global = own();
        if (global === undefined)
          Object.defineProperty(globalThis, name, { value, writable: true });
        else global[name] = value;
      };
      return { owner: globalThis, name, descriptor: { get, set } };
    });
}
