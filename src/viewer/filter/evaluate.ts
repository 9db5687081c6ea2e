/** Applies a filter to a run: one flag for each event. */
import { FilterError } from "../../filter/lexer.ts";
import type { Filter } from "../../filter/parser.ts";
import { tester, type Value } from "../../filter/values.ts";
import { describeEvent, hostOf } from "../model/describe.ts";
import { isNotable } from "../model/rows.ts";
import type { Run } from "../model/run.ts";
import type { Field } from "./fields.ts";
import { fields as ownFields } from "./fields.ts";

/** The fields of protocols, as a dissector finds them in an event: "redis.cmd" with its values. */
export interface ProtocolFields {
  /** The names of all fields that there are. */
  readonly names: readonly string[];
  /** The values of field `name` in event `id`. */
  values(id: number, name: string): readonly Value[];
}

/** Returns 1 for each row for which `filter` holds. Throws {@link FilterError} for what no event can have. */
export function applyFilter(run: Run, filter: Filter, protocols?: ProtocolFields): Uint8Array {
  const all = new Uint8Array(run.trace.length).fill(1);
  return evaluate(run, filter, all, protocols);
}

/** `asked`: the rows whose answer matters. All others are 0 in the result. */
function evaluate(
  run: Run,
  filter: Filter,
  asked: Uint8Array,
  protocols: ProtocolFields | undefined,
): Uint8Array {
  switch (filter.type) {
    case "and":
      return evaluate(run, filter.right, evaluate(run, filter.left, asked, protocols), protocols);
    case "or": {
      const left = evaluate(run, filter.left, asked, protocols);
      const rest = asked.map((flag, row) => flag & ~(left[row] as number));
      const right = evaluate(run, filter.right, rest, protocols);
      return left.map((flag, row) => flag | (right[row] as number));
    }
    case "not": {
      const inner = evaluate(run, filter.of, asked, protocols);
      return asked.map((flag, row) => flag & ~(inner[row] as number));
    }
    case "link": {
      const left = evaluate(run, filter.left, asked, protocols);
      const all = new Uint8Array(asked.length).fill(1);
      const right = evaluate(run, filter.right, all, protocols);
      const reached = filter.link === "before" ? before(run, right) : after(run, right);
      const wanted = filter.link === "unless" ? 0 : 1;
      return left.map((flag, row) => (flag === 1 && reached[row] === wanted ? 1 : 0));
    }
    case "text": {
      const text = filter.text.toLowerCase();
      const { kind } = run.trace;
      return each(asked, (row) => {
        if (!isNotable(kind[row] as number)) return false;
        const id = row + 1;
        if (hostOf(run, id).toLowerCase().includes(text)) return true;
        return describeEvent(run, id).toLowerCase().includes(text);
      });
    }
    case "field":
      return compareField(run, filter, asked, protocols);
  }
}

function compareField(
  run: Run,
  filter: Extract<Filter, { type: "field" }>,
  asked: Uint8Array,
  protocols: ProtocolFields | undefined,
): Uint8Array {
  const { field: name, comparison, value, from, to } = filter;
  const field = ownFields.find((each) => each.name === name);
  const ofProtocol = field ? undefined : protocols?.names.includes(name) ? protocols : undefined;
  if (!field && !ofProtocol) {
    throw new FilterError(`there is no field "${name}"`, from, from + name.length);
  }
  const test = tester(comparison, value, from, to);
  const { kind } = run.trace;
  if (ofProtocol) {
    return each(asked, (row) => ofProtocol.values(row + 1, name).some(test));
  }
  const { kinds, values } = field as Field;
  return each(asked, (row) => {
    if (kinds && !kinds.includes(kind[row] as number)) return false;
    return values(run, row + 1).some(test);
  });
}

function each(asked: Uint8Array, holds: (row: number) => boolean): Uint8Array {
  const out = new Uint8Array(asked.length);
  for (let row = 0; row < asked.length; row++) if (asked[row] === 1 && holds(row)) out[row] = 1;
  return out;
}

/** The rows that one of `sources` could have influenced, except the sources that no other one precedes. */
function after({ trace }: Run, sources: Uint8Array): Uint8Array {
  const { host, cause, length } = trace;
  const reached = new Uint8Array(length);
  const carries = new Uint8Array(length);
  const hosts = new Uint8Array(trace.hosts.length + 1);
  for (let row = 0; row < length; row++) {
    const on = host[row] as number;
    const by = cause[row] as number;
    const is = (by > 0 && carries[by - 1] === 1) || (on > 0 && hosts[on] === 1);
    if (is) reached[row] = 1;
    if (!is && sources[row] !== 1) continue;
    carries[row] = 1;
    hosts[on] = 1;
  }
  return reached;
}

/** The rows that could have influenced one of `targets`. */
function before({ trace }: Run, targets: Uint8Array): Uint8Array {
  const { host, cause, length } = trace;
  const reached = new Uint8Array(length);
  const carries = new Uint8Array(length);
  const hosts = new Uint8Array(trace.hosts.length + 1);
  for (let row = length - 1; row >= 0; row--) {
    const on = host[row] as number;
    const is = carries[row] === 1 || (on > 0 && hosts[on] === 1);
    if (is) reached[row] = 1;
    if (!is && targets[row] !== 1) continue;
    hosts[on] = 1;
    const by = cause[row] as number;
    if (by > 0) carries[by - 1] = 1;
  }
  return reached;
}
