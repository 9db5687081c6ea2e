/** Registers: one value, with reads, writes and compare-and-set. */
import type { Operation } from "../../history/operation.ts";
import { keyOf, show, type Model } from "./model.ts";
import { unwrittenInRegister } from "./unwritten.ts";

/**
 * A register: `read`, `write x`, `cas [from to]`. A cas that answered `false` (or failed, in logs that
 * record this) has compared and the value differed; one that is `fail` in Jepsen's sense carries no
 * information.
 */
export function register(): Model<unknown> {
  return {
    name: "register",
    bounded: true,
    initial: (given) => given ?? null,
    step(state, { f, input, output, outcome }) {
      if (f === "read") {
        if (outcome !== "ok") return { state };
        return same(output ?? null, state) ? { state } : undefined;
      }
      if (f === "write") return { state: input ?? null };
      const [from, to] = input as [unknown, unknown];
      if (outcome === "ok" && output === false) return same(state, from) ? undefined : { state };
      return same(state, from) ? { state: to } : undefined;
    },
    hash: keyOf,
    kind({ f, input, output, outcome }) {
      if (f === "read") return outcome === "ok" ? `r${keyOf(output)}` : "r?";
      if (f === "write") return `w${keyOf(input)}`;
      return `${outcome === "ok" && output === false ? "x" : "c"}${keyOf(input)}`;
    },
    readOnly: ({ f }) => f === "read",
    overwrites: ({ f }) => f === "write",
    unwritten: unwrittenInRegister,
    describe: describeRegister,
    show,
  };
}

function describeRegister({ f, input, output, outcome }: Operation): string {
  if (f === "read") return outcome === "ok" ? `read ${show(output)}` : "read";
  if (f === "write") return `write ${show(input)}`;
  if (!Array.isArray(input)) return `${f} ${show(input)}`;
  const [from, to] = input as unknown[];
  const words = `set ${show(to)} if ${show(from)}`;
  return outcome === "ok" && output === false ? `${words}, but it was not` : words;
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  return keyOf(a) === keyOf(b);
}
