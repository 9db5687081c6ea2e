/**
 * What code sees that is made while a run is under way, by `eval` and `new Function`, or that was kept from
 * outside: its free names are those of the real global object. During a run these give what the process
 * that runs has under the same name, so that such code lives in simulated time like all other. Where no
 * process runs, what could tell two runs apart is refused by name.
 */
import { LightconeError } from "../base/errors.ts";
import { hostNames } from "./globals.ts";
import { currentProcess } from "./node-process.ts";
import { realTemporalNow } from "./temporal.ts";
import type { Guard } from "./views/guards.ts";

/** Taken when this is loaded: tests that fake their own clocks do not fake the world's. */
const RealDate = Date;
const outsides: Readonly<Record<string, PropertyDescriptor>> = Object.fromEntries(
  hostNames.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name) ?? {}]),
);

/** Refuses what nobody in the world has asked for. */
export function refuse(what: string): never {
  const host = currentProcess()?.process.host.name;
  throw new LightconeError(
    "LC_ESCAPE",
    `${host ? `host ${JSON.stringify(host)}` : "code inside a run"} reached the real ${what}`,
    "Code that was kept from outside the world is not simulated.",
  );
}

/** A date's `constructor`, and what `Date` is where nobody's is asked for: that of the process that runs. */
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

/** Guards of what is one for all processes, and must not be reached where a process has its own. */
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
  // Our own code computes with the real `Math`: as an accessor, it would cost us dearly.
  const random = (): number =>
    (currentProcess()?.realm.intrinsics.Math ?? refuse("Math.random")).random();
  guards.push({ owner: Math, name: "random", descriptor: { value: random } });
  const date = createDateConstructor(RealDate);
  guards.push({ owner: RealDate.prototype, name: "constructor", descriptor: { value: date } });
  return [...guards, ...globalGuards(date)];
}

/** Names that the real global object keeps: see above, and one that is the same in every process. */
const kept = new Set(["Math", "structuredClone"]);

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
