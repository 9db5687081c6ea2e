/** The faults of the run, and those that shrinking has left out. */
import type { VNode } from "preact";
import type { FaultTold } from "../../../trace/trace.ts";
import { messagesWithin, Fate } from "../../model/messages.ts";
import { showCount, showDuration, showTime } from "../../model/words.ts";
import type { State } from "../state.ts";
import { Link, Table } from "./table.tsx";

/** The panel. */
export function Faults({ state }: { state: State }): VNode {
  const { run } = state;
  const answer = state.answerShown.value;
  const left = leftOut(state);
  if (run.faults.length === 0 && left.length === 0) {
    return <p class="soft">No fault happened in this run.</p>;
  }
  return (
    <div class="columns">
      <div>
        <h2>
          {run.faults.length === 0
            ? "No fault is needed"
            : `In this run: ${showCount(run.faults.length)}`}
        </h2>
        <Table
          heads={["from", "fault", "lasted", "messages lost meanwhile"]}
          rows={run.faults.map((fault) => ({
            class: answer?.faults.includes(fault) ? "told" : "",
            cells: [
              showTime(fault.fromNs),
              <Link key="" state={state} id={fault.began}>
                {fault.text}
              </Link>,
              showDuration(fault.toNs - fault.fromNs),
              showCount(lostDuring(state, fault.began, fault.lifted, fault.targets)),
            ],
          }))}
        />
      </div>
      {left.length > 0 && (
        <div>
          <h2>Left out by shrinking: {showCount(left.length)} were not needed</h2>
          <ul class="ghosts">
            {left.map((fault, index) => (
              <li key={index}>
                <span class="time">{showTime(fault.startNs)}</span> {fault.text}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

/** The faults before shrinking that the run does not have, in this form, any more. */
function leftOut({ run }: State): readonly FaultTold[] {
  const before = run.trace.meta?.faultsBefore ?? [];
  const now = run.trace.meta?.faults ?? [];
  const same = (a: FaultTold, b: FaultTold): boolean =>
    a.kind === b.kind && a.targets.some((target) => b.targets.includes(target));
  const unmatched = [...now];
  return before.filter((fault) => {
    // A fault that shrinking has only made shorter, or moved, is still there.
    const at = unmatched.findIndex((each) => same(each, fault) && each.text === fault.text);
    const near =
      at >= 0
        ? at
        : unmatched.findIndex(
            (each) => same(each, fault) && Math.abs(each.startNs - fault.startNs) < 1e9,
          );
    if (near < 0) return true;
    unmatched.splice(near, 1);
    return false;
  });
}

function lostDuring(
  { run }: State,
  began: number,
  lifted: number,
  targets: readonly string[],
): number {
  const { messages, trace } = run;
  const hosts = new Set(targets.map((name) => trace.hosts.indexOf(name)));
  let lost = 0;
  messagesWithin(messages, began, lifted || trace.length, (index) => {
    const concerns =
      hosts.has(messages.from[index] as number) || hosts.has(messages.to[index] as number);
    if (concerns && messages.fate[index] === Fate.dropped) lost++;
  });
  return lost;
}
