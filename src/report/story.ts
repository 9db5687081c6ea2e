/** Renders a violation for the terminal. This is the main output that users see. */
import { SECOND } from "../base/units.ts";
import type { Story, StoryLine, StoryTone } from "../trace/story.ts";
import { plainStyle, type Style } from "./style.ts";

type Row = readonly [label: string, text: string];

/** The data of a violation that is reported. */
export interface ToldViolation {
  /** The world's name, which states what should have held. */
  readonly world: string;
  /** The text after the name: "seed 0x1f3a · 7 faults, 1 after shrinking". */
  readonly subtitle: string;
  /** The check that was violated. */
  readonly check: string;
  readonly story: Story;
  /** The other violations of the run, in order. */
  readonly others?: readonly Other[];
  /** Pairs such as ["replay", "npx lightcone replay ..."]. */
  readonly footer: readonly Row[];
}

/** The first column at which the subtitle may start. */
const TITLE_WIDTH = 45;

/** Renders a violation as lines of text, each ending in a newline. */
export function renderViolation(told: ToldViolation, style: Style = plainStyle): string {
  const { world, subtitle, check, story } = told;
  const title = `${style.red("✗")} ${style.bold(world)}`;
  const gap = " ".repeat(Math.max(2, TITLE_WIDTH - world.length));
  const others = tellOthers(told, style);
  const footer = [...others.rows, ...told.footer];
  const labels = Math.max(0, ...footer.map(([label]) => label.length));
  return [
    `${title}${gap}${style.dim(subtitle)}`,
    ...renderLines(story.lines, style),
    reasonLine("", story, check, style),
    ...others.lines,
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

/** Another violation of the same run. */
interface Other {
  readonly check: string;
  readonly story: Story;
}

/** At most this many further violations are told with their stories, each in at most this many more lines. */
const STORIES_MAX = 2;
const STORY_LINES_MAX = 12;
/** At most this many of the rest are listed. Beyond that, only their number is given. */
const LISTED_MAX = 4;

/** Further violations: those of other checks are told with what led to them, the rest in a sentence each. */
function tellOthers(
  { check, story, others = [] }: ToldViolation,
  style: Style,
): { readonly lines: readonly string[]; readonly rows: readonly Row[] } {
  const checks = new Set([check]);
  const storied: Other[] = [];
  for (const other of others) {
    if (checks.has(other.check) || storied.length === STORIES_MAX) continue;
    checks.add(other.check);
    storied.push(other);
  }
  const known = new Set(story.lines.map(lineKey));
  const lines = storied.flatMap((other) => {
    const fresh = other.story.lines.filter((line) => !known.has(lineKey(line)));
    for (const line of fresh) known.add(lineKey(line));
    return [
      ...renderLines(fresh.slice(-STORY_LINES_MAX), style),
      reasonLine("also: ", other.story, other.check, style),
    ];
  });
  const rest = others.filter((other) => !storied.includes(other));
  const listed = rest
    .slice(0, LISTED_MAX)
    .map((other): Row => ["also", `${other.story.summary}  (${other.check})`]);
  const more = rest.length - listed.length;
  return { lines, rows: more > 0 ? [...listed, ["also", `${more} more violations`]] : listed };
}

function reasonLine(before: string, { summary }: Story, check: string, style: Style): string {
  return `  ${style.bold(style.red(`${before}${summary}`))}  ${style.dim(`(${check})`)}`;
}

function lineKey({ atNs, who, text }: StoryLine): string {
  return `${atNs} ${who} ${text}`;
}
