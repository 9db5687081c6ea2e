/**
 * `node:vm` of a simulated process. What runs in the context around it is evaluated code, which finds its
 * process by itself (`evaluated.ts`); a fresh context would have a clock and a randomness of its own.
 */
import * as real from "node:vm";
import { notSimulated } from "../not-simulated.ts";
import { standIn } from "../stand-in.ts";

const realModule = (real as unknown as { default: Record<string, unknown> }).default;

const refuse = (name: string): (() => never) => notSimulated(`node:vm.${name}`) as () => never;

/** The real class, whose scripts run nowhere but here. */
class Script extends real.Script {}
for (const name of ["runInContext", "runInNewContext"]) {
  const attributes = Object.getOwnPropertyDescriptor(real.Script.prototype, name);
  const value = refuse(`Script.prototype.${name}`);
  Object.defineProperty(Script.prototype, name, { ...attributes, value });
}
for (const name of Object.getOwnPropertyNames(real.Script.prototype)) {
  if (Object.hasOwn(Script.prototype, name)) continue;
  const inherited = Object.getOwnPropertyDescriptor(real.Script.prototype, name);
  Object.defineProperty(Script.prototype, name, inherited as PropertyDescriptor);
}

/** As the real one, in the context around it alone. */
function compileFunction(code: string, ...rest: unknown[]): unknown {
  const options = rest[1] as { parsingContext?: unknown } | undefined;
  if (options?.parsingContext !== undefined) refuse("compileFunction in a context")();
  return (real.compileFunction as (...args: unknown[]) => unknown)(code, ...rest);
}

/** The module: it has no state. */
export function createVmModule(): object {
  const { runInThisContext, isContext } = real;
  const createScript = (code: string, options: unknown): Script =>
    new Script(code, options as real.ScriptOptions);
  return Object.assign(standIn(realModule, "node:vm"), {
    Script,
    createScript,
    runInThisContext,
    isContext,
    compileFunction,
  });
}
