/** Tests of values that were read from files. */
import { parseMessageFilter } from "../../filter/match.ts";

/** Whether a value is a list of names. */
export function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

/** Whether a value is a whole number, zero or more. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Whether a value is a share from 0 to 1. */
export function isShare(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

/** Whether a value is a filter of messages. */
export function isMessageFilter(value: unknown): value is string {
  if (typeof value !== "string") return false;
  try {
    parseMessageFilter(value, () => true);
    return true;
  } catch {
    return false;
  }
}
