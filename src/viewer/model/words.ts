/** Times and values in words, as the viewer writes them. */

/** A value as short text: texts as they are, everything else as JSON, cut to `max` characters. */
export function showValue(value: unknown, max = 120): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return cut(text.replaceAll(/\s+/g, " "), max);
}

/**
 * What an operation was given or gave: the steps of a transaction as "r x · append y 7", anything else as
 * {@link showValue} does.
 */
export function showData(value: unknown, max = 120): string {
  const isStep = (step: unknown): step is unknown[] =>
    Array.isArray(step) && step.length >= 2 && typeof step[0] === "string";
  if (!Array.isArray(value) || value.length === 0 || !value.every(isStep)) {
    return showValue(value, max);
  }
  const steps = value.map(([f, key, of]) => {
    return [f, key, ...(of === null || of === undefined ? [] : [of])]
      .map((part) => showValue(part, 24))
      .join(" ");
  });
  return cut(steps.join(" · "), max);
}

/** Cuts a text to `max` characters. */
export function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, Math.max(1, max - 1))}…` : text;
}

/** A moment, in seconds with as many digits as steps of `stepNs` need: "1.234s". */
export function showTime(atNs: number, stepNs = 1e6): string {
  const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(stepNs / 1e9) - 1e-9)));
  return `${(atNs / 1e9).toFixed(digits)}s`;
}

/** A length of time with three significant digits: "12.3ms". */
export function showDuration(durationNs: number): string {
  const size = Math.abs(durationNs);
  const [unit, scale] =
    size >= 1e9 ? ["s", 1e9] : size >= 1e6 ? ["ms", 1e6] : size >= 1e3 ? ["µs", 1e3] : ["ns", 1];
  return `${Number((durationNs / (scale as number)).toPrecision(3))}${unit}`;
}

/** "1,234". */
export function showCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
