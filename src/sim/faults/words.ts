/** Phrases that the descriptions of several kinds of faults share. */

/** Names in a list; of many only the first ones. */
export function list(names: readonly string[]): string {
  if (names.length <= 4) return names.join(", ");
  return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

/** The names and a verb that agrees with their number: "worker-1 pauses". */
export function theyDo(names: readonly string[], one: string, many: string): string {
  return `${list(names)} ${names.length > 1 ? many : one}`;
}

/** A share as a percentage of three digits: "12.5%". */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}
