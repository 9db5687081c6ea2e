/** Renders a violation for the terminal. This is the main output that users see. */
import { SECOND } from "../base/units.ts";
import type { Story, StoryLine, StoryTone } from "../trace/story.ts";
import { plainStyle, type Style } from "./style.ts";

/** The data of a violation that is reported. */
export interface ToldViolation {
  /** The world's name, which states what should have held. */
  readonly world: string;
  /** The text after the name: "seed 0x1f3a · 7 faults, 1 after shrinking". */
  readonly subtitle: string;
  /** The check that was violated. */
  readonly check: string;
  readonly story: Story;
  /** Pairs such as ["replay", "npx lightcone replay ..."]. */
  readonly footer: readonly (readonly [label: string, text: string])[];
}

/** The first column at which the subtitle may start. */
const TITLE_WIDTH = 45;

/** Renders a violation as lines of text, each ending in a newline. */
export function renderViolation(told: ToldViolation, style: Style = plainStyle): string {
  const { world, subtitle, check, story, footer } = told;
  const title = `${style.red("✗")} ${style.bold(world)}`;
  const gap = " ".repeat(Math.max(2, TITLE_WIDTH - world.length));
  const reason = `  ${style.bold(style.red(story.summary))}  ${style.dim(`(${check})`)}`;
  const labels = Math.max(0, ...footer.map(([label]) => label.length));
  return [
    `${title}${gap}${style.dim(subtitle)}`,
    ...renderLines(story.lines, style),
    reason,
    ...footer.map(([label, text]) => `  ${style.dim(label.padEnd(labels))}  ${style.cyan(text)}`),
    "",
  ].join("\n");
}

/** Renders the lines of a story in columns: when, who, what. */
export function renderLines(lines: readonly StoryLine[], style: Style = plainStyle): string[] {
  const times = lines.map(({ atNs }) => formatTime(atNs));
  const timeWidth = widest(times);
  const whoWidth = widest(lines.map(({ who }) => who));
  const indent = " ".repeat(2 + timeWidth + 2 + whoWidth + 2);
  return lines.map(({ who, text, tone }, at) => {
    const time = style.dim((times[at] as string).padStart(timeWidth));
    const name = paintWho(tone, style)(who.padEnd(whoWidth));
    const words = paintText(tone, style)(text.split("\n").join(`\n${indent}`));
    return `  ${time}  ${name}  ${words}`;
  });
}

/**
 * Returns the length of the longest text. There may be a million texts, too many to pass as
 * arguments to `Math.max`.
 */
function widest(texts: readonly string[]): number {
  return texts.reduce((width, { length }) => Math.max(width, length), 0);
}

/** Formats a time as seconds with milliseconds, so that the times of a story align. */
export function formatTime(atNs: number): string {
  return `${(atNs / SECOND).toFixed(3)}s`;
}

function paintWho(tone: StoryTone, style: Style): (text: string) => string {
  if (tone === "fault" || tone === "lift") return style.yellow;
  return tone === "error" ? style.red : style.cyan;
}

function paintText(tone: StoryTone, style: Style): (text: string) => string {
  if (tone === "fault") return (text) => style.bold(style.yellow(text));
  if (tone === "lift") return style.yellow;
  return tone === "error" ? style.red : (text) => text;
}

/**
 * Up to this many further violations of a run are listed. Beyond that, only their number is given.
 */
const OTHERS_TOLD_MAX = 4;

/** Rows of a footer for the other violations of a run: "two holders of job from 3s to 4s  (mutex)". */
export function alsoRows(
  others: readonly { readonly check: string; readonly story: Story }[],
): (readonly [label: string, text: string])[] {
  const told = others
    .slice(0, OTHERS_TOLD_MAX)
    .map(({ check, story }) => ["also", `${story.summary}  (${check})`] as const);
  const more = others.length - told.length;
  return more > 0 ? [...told, ["also", `${more} more violations`] as const] : told;
}
