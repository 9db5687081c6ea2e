/** Tells when a violation became inevitable: a row for each moment that was tried, and what happened in between. */
import { formatTime } from "./story.ts";
import type { Style } from "./style.ts";

/** How many futures were tried, and how many of them showed the violation. */
interface Share {
  readonly violated: number;
  readonly of: number;
}

interface TurningPoint {
  readonly lastChanceNs: number | undefined;
  readonly inevitableNs: number | undefined;
  readonly futures: number;
}

/** What is told of a cause. */
export interface ToldCause {
  readonly moments: readonly {
    readonly atNs: number;
    readonly same: Share;
    readonly calm: Share | undefined;
  }[];
  readonly same: TurningPoint;
  readonly calm: TurningPoint | undefined;
  readonly ended: "asked" | "time" | "runs" | undefined;
}

const BAR_WIDTH = 12;
/** So many rows are shown around the last chance; the others show the whole. */
const ROWS_MAX = 14;

/** The rows of the moments; each line without its newline. */
export function renderMoments(cause: ToldCause, style: Style): string[] {
  const head = cause.calm
    ? `${"from".padStart(10)}   ${"the same faults".padEnd(BAR_WIDTH + 9)}  faults over by then`
    : `${"from".padStart(10)}   other futures that violate it`;
  return [
    style.dim(head),
    ...shownMoments(cause).map(({ atNs, same, calm }) => {
      const shares = [same, ...(calm ? [calm] : [])].map((share) => bar(share, style));
      return `${formatTime(atNs).padStart(10)}   ${shares.join("  ")}`;
    }),
  ];
}

/** The moments at both ends and in between, and those nearest to the turning points. */
function shownMoments({ moments, same, calm }: ToldCause): ToldCause["moments"] {
  if (moments.length <= ROWS_MAX) return moments;
  const turns = [same, ...(calm ? [calm] : [])].map(({ lastChanceNs }) => {
    return moments.findIndex(({ atNs }) => atNs === lastChanceNs);
  });
  const distance = (index: number): number => Math.min(...turns.map((at) => Math.abs(index - at)));
  const kept = moments
    .map((_, index) => index)
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, ROWS_MAX - 2);
  const ends = new Set([0, moments.length - 1, ...kept]);
  return moments.filter((_, index) => ends.has(index));
}

function bar({ violated, of }: Share, style: Style): string {
  const share = of === 0 ? 0 : violated / of;
  // A share that is not whole must not look as if it were.
  const cells =
    share === 1 ? BAR_WIDTH : Math.min(BAR_WIDTH - 1, Math.ceil(share * BAR_WIDTH - 1e-9));
  const paint = share === 1 ? style.red : style.yellow;
  const text = `${violated} of ${of}`;
  return `${paint("█".repeat(cells))}${style.dim("░".repeat(BAR_WIDTH - cells))} ${text.padEnd(8)}`;
}

/** A turning point in a sentence. `how`: what the futures had, such as "the same faults". */
export function turningSentence(how: string, point: TurningPoint): string {
  const { lastChanceNs, inevitableNs, futures } = point;
  if (inevitableNs === undefined) return `with ${how} it was never inevitable`;
  const all = `none of ${futures} futures held`;
  const from = lastChanceNs === undefined ? "the start" : formatTime(inevitableNs);
  const chance =
    lastChanceNs === undefined ? "" : `, the last chance was ${formatTime(lastChanceNs)}`;
  return `with ${how} it was inevitable from ${from} (${all})${chance}`;
}

/** Why the search ended early, if it did. */
export function endedSentence({ ended }: ToldCause): string | undefined {
  if (ended === "time") return "the time was up: --for gives it more";
  return ended === "asked" ? "interrupted: this is what was known by then" : undefined;
}
