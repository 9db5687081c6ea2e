/** The legend: every mark that this run has in the diagram, and no other. */
import type { VNode } from "preact";
import { Kind } from "../../trace/kinds.ts";
import type { Hold } from "../model/answer.ts";
import { Fate } from "../model/messages.ts";
import type { Run } from "../model/run.ts";
import type { State } from "./state.ts";

/** Draws a mark in 18 by 12 pixels; colours come from the class around it. */
const glyphs = {
  arrow: <path class="line" d="M1 6H13M10 3L14 6L10 9" />,
  pale: <path class="line pale" d="M1 6H13M10 3L14 6L10 9" />,
  lost: <path class="line" d="M1 6H9M8 2L16 10M16 2L8 10" />,
  broken: <path class="line" d="M1 6H5L7 2L9 10L11 6H13M10 3L14 6L10 9" />,
  late: <path class="line dashed" d="M1 6H13M10 3L14 6L10 9" />,
  cross: <path class="line thick" d="M4 1L14 11M14 1L4 11" />,
  again: <path class="full" d="M5 0L15 6L5 12Z" />,
  bar: <rect class="box" x="1" y="1.5" width="16" height="9" rx="2.5" />,
  unsure: <rect class="box dashed" x="1" y="1.5" width="16" height="9" rx="2.5" />,
  thin: <rect class="full" x="1" y="4" width="16" height="4" />,
  held: <rect class="full" x="1" y="1.5" width="16" height="9" />,
  swatch: <rect class="full half" x="1" y="1" width="16" height="10" rx="2" />,
  hatch: <path class="line" d="M1 11L11 1M7 11L17 1M1 5L5 1M13 11L17 7" />,
  square: <rect class="full" x="6" y="3" width="6" height="6" />,
  diamond: <path class="box" d="M9 2L13 6L9 10L5 6Z" />,
  sync: <path class="full" d="M9 2L13 6L9 10L5 6Z" />,
  triangle: <path class="full" d="M9 0L15 12H3Z" />,
  dot: <circle class="box" cx="9" cy="6" r="3.5" />,
  tick: <path class="line" d="M9 1V11" />,
  fold: <path class="line dotted" d="M5 0V12M13 0V12" />,
  step: <circle class="full" cx="9" cy="6" r="5.5" />,
  wait: <rect class="box" x="1" y="3.5" width="16" height="5" />,
} as const;

interface Mark {
  readonly glyph: keyof typeof glyphs;
  /** The name of its colour. */
  readonly color: string;
  readonly text: string;
  readonly isThere: boolean;
}

/** The legend of the marks that are in the run. */
export function Legend({ state }: { state: State }): VNode {
  const { run, cone, axisMode } = state;
  const has = seen(run);
  const answer = state.answerShown.value;
  const isLit = cone.value !== "none" && state.selected.value > 0;
  const bars = run.operations;
  const marks: readonly Mark[] = [
    mark("step", "ink", "moment of the story", (answer?.steps.length ?? 0) > 0),
    mark(
      "step",
      "bad",
      answer?.isTurn === true ? "where it went wrong" : "where it came to light",
      (answer?.event ?? 0) > 0,
    ),
    mark("arrow", isLit ? "past" : "soft", "message", run.messages.length > 0),
    mark("pale", "soft", "message outside of the cone", isLit),
    mark("lost", "bad", "lost", has.fate(Fate.dropped)),
    mark("late", "warn", "late", has.fate(Fate.delayed)),
    mark("arrow", "warn", "arrived twice", has.fate(Fate.duplicated)),
    mark("broken", "warn", "changed in flight", has.fate(Fate.corrupted)),
    mark("swatch", "past", "past: may have led to it", isLit && cone.value !== "future"),
    mark("swatch", "future", "future: may follow from it", isLit && cone.value !== "past"),
    mark("hatch", "fault", "fault", run.faults.length > 0),
    mark("bar", "op", "operation", bars.length > 0),
    mark("unsure", "warn", "outcome unknown", bars.some(isUnsure)),
    mark("bar", "bad", "operation of the violation", (answer?.operations.length ?? 0) > 0),
    mark("held", "bad", "held", (answer?.holds.length ?? 0) > 0),
    mark("wait", "bad", "lease over", answer?.holds.some(isOver) ?? false),
    mark("thin", "op", "held at another time", (answer?.otherHolds.length ?? 0) > 0),
    mark(
      "wait",
      "fault",
      "paused",
      run.lanes.some(({ paused }) => paused.length > 0),
    ),
    mark("cross", "bad", "process ends", has.kind(Kind.exit)),
    mark(
      "again",
      "good",
      "starts again",
      run.lanes.some(({ lives }) => lives.length > 1),
    ),
    mark("square", "good", "assertion", has.kind(Kind.assert)),
    mark("square", "ink", "output", has.kind(Kind.log)),
    mark("diamond", "soft", "disk written", has.kind(Kind.disk)),
    mark("sync", "good", "contents synced", has.kind(Kind.disk)),
    mark("diamond", "good", "names of a folder synced", has.kind(Kind.disk)),
    mark("triangle", "bad", "went wrong", has.kind(Kind.uncaught) || has.kind(Kind.assert)),
    mark("dot", "past", "state told by the program", has.kind(Kind.state)),
    mark("tick", "soft", "connection opens or ends", has.kind(Kind.socket)),
    mark("fold", "soft", "idle time folded", axisMode.value === "folded"),
  ];
  return (
    <ul class="legend" aria-label="Legend">
      {marks
        .filter(({ isThere }) => isThere)
        .map(({ glyph, color, text }) => (
          <li key={text}>
            <svg style={{ color: `var(--${color})` }} width="18" height="12" aria-hidden="true">
              {glyphs[glyph]}
            </svg>
            {text}
          </li>
        ))}
    </ul>
  );
}

function mark(glyph: Mark["glyph"], color: string, text: string, isThere: boolean): Mark {
  return { glyph, color, text, isThere };
}

function isOver({ toNs, leaseNs = Infinity }: Hold): boolean {
  return leaseNs < toNs;
}

function isUnsure({ outcome }: { readonly outcome: string }): boolean {
  return outcome === "info" || outcome === "open";
}

interface Seen {
  kind(kind: number): boolean;
  fate(fate: number): boolean;
}

const known = new WeakMap<Run, Seen>();

/** Which kinds of events and fates of messages a run has; looked up once. */
function seen(run: Run): Seen {
  let found = known.get(run);
  if (!found) {
    const [kinds, fates] = [run.trace.kind, run.messages.fate].map((column) => {
      const flags = new Uint8Array(256);
      for (const value of column) flags[value] = 1;
      return flags;
    }) as [Uint8Array, Uint8Array];
    found = { kind: (of) => kinds[of] === 1, fate: (of) => fates[of] === 1 };
    known.set(run, found);
  }
  return found;
}
