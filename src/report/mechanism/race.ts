/** Two operations that read the same and went on from it: neither one's write had arrived when the other one read. */
import type { OperationBar } from "../../viewer/model/operations.ts";
import { cut, showTime } from "../../viewer/model/words.ts";
import { type Exchange, exchangesOf } from "./exchanges.ts";
import { type Material, part, type Part, when } from "./part.ts";

/** At most this many operations of a violation are compared with each other. */
const COMPARED_MAX = 12;

interface Reader {
  readonly bar: OperationBar;
  readonly read: Exchange;
  /** What it asked of the same server next. */
  readonly next: Exchange;
}

/** The sentence about a race; `undefined` if no two operations of the violation are seen to race. */
export function raceMechanism(material: Material): Part[] | undefined {
  const { run, answer } = material;
  const readers = answer.operations.slice(0, COMPARED_MAX).flatMap((bar) => {
    return readsOf(bar, exchangesOf(material, bar));
  });
  for (const first of readers) {
    const group = readers.filter((other) => other === first || races(first, other));
    if (group.length < 2) continue;
    const { server, request, reply } = first.read;
    const nexts = [...new Set(group.map(({ next }) => next.request))];
    const [a, b] = group as [Reader, Reader];
    const both = group.length === 2 ? "both" : "all";
    return [
      part(`${server} answered ${cut(request, 40)} with ${cut(reply, 40)}`),
      ...group.slice(0, 4).map(({ bar, read }, index) => {
        const before = index === 0 ? " to" : index === Math.min(3, group.length - 1) ? " and" : ",";
        return part(`${before} ${bar.lane}'s ${bar.f} at ${when(run, read.replied)}`, read.replied);
      }),
      ...(nexts.length === 1
        ? [part(`; ${both} then went on with ${cut(nexts[0] as string, 40)}`, b.next.arrived)]
        : [
            part(`; then one went on with ${cut(a.next.request, 40)}`, a.next.arrived),
            part(`, the other with ${cut(b.next.request, 40)}`, b.next.arrived),
          ]),
      part(
        group.length === 2
          ? ", and neither request had arrived when the other one read."
          : ", and none of these requests had arrived when the others read.",
      ),
    ];
  }
  return undefined;
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
export function overlapMechanism({ run, answer }: Material): Part[] | undefined {
  if (answer.faults.length > 0) return undefined;
  const bars = answer.operations.filter(({ toNs }) => toNs <= run.endNs);
  for (const [index, a] of bars.entries()) {
    const b = bars.slice(index + 1).find(({ lane, fromNs, toNs }) => {
      return lane !== a.lane && fromNs < a.toNs && a.fromNs < toNs;
    });
    if (!b) continue;
    return [
      part(`${a.lane}'s ${a.f} (${showTime(a.fromNs)} to ${showTime(a.toNs)})`, a.complete),
      part(` and ${b.lane}'s ${b.f} (${showTime(b.fromNs)} to ${showTime(b.toNs)})`, b.complete),
      part(" were under way at the same time."),
    ];
  }
  return undefined;
}
