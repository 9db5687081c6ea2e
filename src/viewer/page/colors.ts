/** The colours of the diagram, read from the style sheet, so that themes and forced colours apply to it too. */

const NAMES = [
  ...["ink", "soft", "faint", "paper", "card", "line", "lane", "past", "future", "bad", "bad-soft"],
  ...["good", "warn", "warn-soft", "fault", "fault-soft", "op", "op-soft", "dense", "badge-ink"],
] as const;

/** The colours by name. */
export type Colors = Readonly<Record<(typeof NAMES)[number], string>>;

/** Reads the colours that hold now. */
export function readColors(element: Element): Colors {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim() || "#888"]),
  ) as Record<(typeof NAMES)[number], string>;
}
