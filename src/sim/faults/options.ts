/** The readers of the options that faults have. */
import { LightconeError } from "../../base/errors.ts";
import {
  type Duration,
  type DurationRange,
  parseDurationNs,
  parseRangeNs,
} from "../../base/units.ts";
import { FilterError } from "../../filter/lexer.ts";
import { parseMessageFilter } from "../../filter/match.ts";
import type { RangeNs } from "./fault.ts";
import type { OptionReader } from "./kind.ts";

/** A duration or a range of durations. */
export function duration(fallback: RangeNs): OptionReader<DurationRange, RangeNs> {
  return { fallback, read: (value, where) => parseRangeNs(value, where) };
}

/** As {@link duration}; if it is absent, the kind decides. */
export function optionalDuration(): OptionReader<DurationRange, RangeNs | undefined> {
  return { fallback: undefined, read: (value, where) => parseRangeNs(value, where) };
}

/** A list of durations; if it is absent, none. */
export function durations(): OptionReader<readonly Duration[], readonly number[] | undefined> {
  return {
    fallback: undefined,
    read(value, where) {
      if (Array.isArray(value) && value.length > 0) {
        return (value as readonly Duration[]).map((each) => parseDurationNs(each, where));
      }
      throw bad(`${where} is ${JSON.stringify(value)}, not a list of durations`);
    },
  };
}

/** One of several words; if it is absent, the seed decides. */
export function oneOf<Word extends string>(
  ...words: readonly Word[]
): OptionReader<Word, Word | undefined> {
  return {
    fallback: undefined,
    read(value, where) {
      if (words.includes(value)) return value;
      const shown = words.map((word) => JSON.stringify(word)).join(" or ");
      throw bad(`${where} is ${JSON.stringify(value)}, not ${shown}`);
    },
  };
}

/** A text that is not empty; if it is absent, any. */
export function text(): OptionReader<string, string | undefined> {
  return {
    fallback: undefined,
    read(value, where) {
      if (typeof value === "string" && value !== "") return value;
      throw bad(`${where} is ${JSON.stringify(value)}, not a text`);
    },
  };
}

/**
 * A filter of messages, such as "redis.cmd=PUBLISH"; if it is absent, none. Whether there are fields with these names is known
 * where messages are read.
 */
export function messageFilter(): OptionReader<string, string | undefined> {
  return {
    fallback: undefined,
    isFilter: true,
    read(value, where) {
      try {
        if (typeof value === "string") parseMessageFilter(value, () => true);
        else throw new FilterError("it is no text", 0, 1);
        return value;
      } catch (error) {
        if (!(error instanceof FilterError)) throw error;
        throw bad(
          `${where}: ${JSON.stringify(value)} is not a filter of messages: ${error.message}`,
        );
      }
    },
  };
}

/** A name, or a list of names; if it is absent, none. */
export function names(): OptionReader<string | readonly string[], readonly string[]> {
  return {
    fallback: [],
    read(value, where) {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      const areNames = list.every((name) => typeof name === "string" && name !== "");
      if (areNames && list.length > 0) return list as readonly string[];
      throw bad(`${where} is ${JSON.stringify(value)}, not a name or a list of names`);
    },
  };
}

/** A whole number, `min` or more; if it is absent, the kind decides. */
export function wholeNumber(min: number): OptionReader<number, number | undefined> {
  return {
    fallback: undefined,
    read(value, where) {
      if (Number.isSafeInteger(value) && value >= min) return value;
      throw bad(`${where} is ${JSON.stringify(value)}, not a whole number from ${min}`);
    },
  };
}

/** Yes or no; if it is absent, the seed decides. */
export function flag(): OptionReader<boolean, boolean | undefined> {
  return {
    fallback: undefined,
    read(value, where) {
      if (typeof value === "boolean") return value;
      throw bad(`${where} is ${JSON.stringify(value)}, not true or false`);
    },
  };
}

/** A range of numbers, `[from, to]`, within 0 and `max`. */
export function numbers(
  max: number,
  fallback: readonly [number, number],
): OptionReader<readonly [number, number], readonly [number, number]> {
  return {
    fallback,
    read(value, where) {
      const [from, to] = Array.isArray(value) ? value : [];
      const areNumbers = typeof from === "number" && typeof to === "number";
      if (areNumbers && 0 <= from && from <= to && to <= max) return [from, to];
      throw bad(`${where} is ${JSON.stringify(value)}, not [from, to] within 0 and ${max}`);
    },
  };
}

/** As {@link numbers}; if it is absent, the kind decides. */
export function optionalNumbers(
  max: number,
): OptionReader<readonly [number, number], readonly [number, number] | undefined> {
  return { fallback: undefined, read: (value, where) => numbers(max, [0, 0]).read(value, where) };
}

function bad(message: string): LightconeError {
  return new LightconeError("LC_BAD_WORLD", message);
}
