/** Operations that read the same and went on from it: none of their writes had arrived when the others read. */
import type { StoryLine } from "../../trace/story.ts";
import type { OperationBar } from "../../viewer/model/operations.ts";
import { cut, showTime } from "../../viewer/model/words.ts";
import { type Exchange, exchangesOf } from "./exchanges.ts";
import { lineAt, type Material, type Mechanism, part, type Part, when } from "./part.ts";

/** At most this many operations of a violation are compared with each other. */
const COMPARED_MAX = 12;

interface Reader {
  readonly bar: OperationBar;
  readonly read: Exchange;
  /** What it asked of the same server next. */
  readonly next: Exchange;
}

/** The sentence about a race; `undefined` if no two operations of the violation are seen to race. */
export function raceMechanism(material: Material): Mechanism | undefined {
  const { answer } = material;
  const readers = answer.operations.slice(0, COMPARED_MAX).flatMap((bar) => {
    return readsOf(bar, exchangesOf(material, bar));
  });
  for (const first of readers) {
    const group = [first];
    for (const other of readers) if (group.every((each) => races(each, other))) group.push(other);
    if (group.length < 2) continue;
    group.sort((a, b) => a.read.replied - b.read.replied);
    const writes = group.toSorted((a, b) => a.next.arrived - b.next.arrived);
    return {
      parts: [...sayReads(material, group), ...sayWrites(material, writes)],
      lines: linesOf(material, group),
      // The last of them went on from what was no longer so.
      turn: (writes.at(-1) as Reader).next.arrived,
      did: group.map(({ bar }) => bar.invoke),
    };
  }
  return undefined;
}

/** At most this many of a group are named. */
const NAMED_MAX = 4;

function before(index: number, count: number): string {
  return index === 0 ? "" : index === Math.min(NAMED_MAX, count) - 1 ? " and" : ",";
}

function sayReads({ run }: Material, group: readonly Reader[]): Part[] {
  const { server, request, reply } = (group[0] as Reader).read;
  return [
    part(`${server} answered ${cut(request, 40)} with ${cut(reply, 40)}`),
    ...group.slice(0, NAMED_MAX).map(({ bar, read }, index) => {
      const text = `${before(index, group.length)} to ${bar.lane}'s ${bar.f} at ${when(run, read.replied)}`;
      return part(text, read.replied);
    }),
  ];
}

/** What each of them went on with, in the order of arrival. */
function sayWrites({ run }: Material, writes: readonly Reader[]): Part[] {
  const isSame = new Set(writes.map(({ next }) => next.request)).size === 1;
  return [
    ...writes.slice(0, NAMED_MAX).map(({ bar, next }, index) => {
      const what = isSame && index > 0 ? "the same" : cut(next.request, 40);
      const lead = index === 0 ? "; then came" : before(index, writes.length);
      const text = `${lead} ${what} for ${bar.lane} at ${when(run, next.arrived)}`;
      return part(text, next.arrived);
    }),
    part(`: ${writes.length === 2 ? "both" : "all"} had read before the first of these came.`),
  ];
}

function linesOf({ run }: Material, group: readonly Reader[]): StoryLine[] {
  const answers = new Set<number>();
  return group.slice(0, NAMED_MAX).flatMap(({ bar, read, next }) => {
    const of = `(${bar.lane}'s ${bar.f})`;
    const isNew = !answers.has(read.replied);
    answers.add(read.replied);
    const said = `answers ${cut(read.request, 40)} with ${cut(read.reply, 40)} ${of}`;
    return [
      ...(isNew ? [lineAt(run, read.replied, said)] : []),
      lineAt(run, next.arrived, `receives ${cut(next.request, 40)} ${of}`),
    ];
  });
}

/** The exchanges of an operation that another one with the same server follows. */
function readsOf(bar: OperationBar, exchanges: readonly Exchange[]): Reader[] {
  return exchanges.flatMap((read, at) => {
    const next = exchanges.find(({ server, arrived }, index) => {
      return index !== at && server === read.server && arrived > read.replied;
    });
    return next ? [{ bar, read, next }] : [];
  });
}

/** Whether two read the same from one server before what either went on with had arrived there. */
function races(a: Reader, b: Reader): boolean {
  return (
    a.bar.index !== b.bar.index &&
    a.read.server === b.read.server &&
    a.read.request === b.read.request &&
    a.read.reply === b.read.reply &&
    a.next.arrived > b.read.replied &&
    b.next.arrived > a.read.replied
  );
}

/** The sentence about two operations that overlapped, where nothing more is known of them. */
export function overlapMechanism({ run, answer }: Material): Mechanism | undefined {
  if (answer.faults.length > 0) return undefined;
  const bars = answer.operations.filter(({ toNs }) => toNs <= run.endNs);
  for (const [index, a] of bars.entries()) {
    const b = bars.slice(index + 1).find(({ lane, fromNs, toNs }) => {
      return lane !== a.lane && fromNs < a.toNs && a.fromNs < toNs;
    });
    if (!b) continue;
    const parts = [
      part(`${a.lane}'s ${a.f} (${showTime(a.fromNs)} to ${showTime(a.toNs)})`, a.complete),
      part(` and ${b.lane}'s ${b.f} (${showTime(b.fromNs)} to ${showTime(b.toNs)})`, b.complete),
      part(" were under way at the same time."),
    ];
    return { parts };
  }
  return undefined;
}
