/** Compares this run with another one, from a trace file or a saved page. */
import type { VNode } from "preact";
import { Kind } from "../../../trace/kinds.ts";
import { describeEvent, hostOf } from "../../model/describe.ts";
import { stepFrom } from "../../model/events.ts";
import { isNotable } from "../../model/rows.ts";
import { type Compared, isSame } from "../../model/compared.ts";
import type { Run } from "../../model/run.ts";
import { showCount, showTime } from "../../model/words.ts";
import { compareWithFile, compareWithNeighbour, foldCommon, stopComparing } from "../compared.ts";
import type { State } from "../state.ts";
import { Link, Table } from "./table.tsx";
import { summaryOf } from "../summary.ts";

/** The panel. */
export function Compare({ state }: { state: State }): VNode {
  const choose = (file: File | undefined): void => {
    if (file) void compareWithFile(state, file);
  };
  const shown = state.compared.value;
  const { neighbour } = state.facts;
  return (
    <div class="compare">
      <p>
        <label>
          Another run (a .trace file or a saved page):{" "}
          <input
            type="file"
            id="compare-file"
            accept=".trace,.html"
            onChange={(event) => choose(event.currentTarget.files?.[0])}
          />
        </label>
        {typeof shown === "object" && (
          <>
            <label>
              <input
                type="checkbox"
                checked={state.foldCommon.value}
                onChange={(event) => foldCommon(state, event.currentTarget.checked)}
              />{" "}
              fold what is the same
            </label>
            <button onClick={() => stopComparing(state)}>Stop comparing</button>
          </>
        )}
      </p>
      {neighbour !== undefined && typeof shown !== "object" && (
        <p>
          <button onClick={() => void compareWithNeighbour(state)}>
            Compare with the nearest run that held
          </button>{" "}
          {neighbour}
        </p>
      )}
      {typeof shown === "string" && <p role="status">{shown}</p>}
      {typeof shown === "object" && <Result state={state} compared={shown} />}
    </div>
  );
}

function Result({ state, compared }: { state: State; compared: Compared }): VNode {
  const { name, run, result } = compared;
  if (isSame(compared)) return <p role="status">{name} is the same run, to the last event.</p>;
  // What carries causes from one event to the next says little: the next one that does is told.
  const left = notableFrom(state.run, result.first.left);
  const right = notableFrom(run, result.first.right);
  const there = (id: number): string => otherWords(compared, id);
  return (
    <div>
      <p role="status">
        Identical for {showCount(result.common)} events of hosts. The first that differs: here{" "}
        {left === 0 ? (
          "this run has ended"
        ) : (
          <Link state={state} id={left}>
            {hostOf(state.run, left)} {summaryOf(state, left)}
          </Link>
        )}
        ; in the other run ({name}): {right === 0 ? "that run has ended" : there(right)}.
      </p>
      <Table
        heads={["at", "host", "what", "which"]}
        rows={result.differences.map(({ host, text, left, right, change }) => ({
          cells: [
            showTime(
              (left > 0 ? state.run.trace.timeNs[left - 1] : run.trace.timeNs[right - 1]) as number,
            ),
            host,
            left > 0 ? (
              <Link key="" state={state} id={left}>
                {summaryOf(state, left)}
              </Link>
            ) : (
              (wordsOf(compared, right) ?? text)
            ),
            change === "left only"
              ? "◀ only here"
              : change === "right only"
                ? "▶ only there"
                : "↔ moved",
          ],
        }))}
      />
      {result.cut && <p class="soft">There are more differences than are listed.</p>}
    </div>
  );
}

/** The first notable event from `id` on; 0 for none. */
function notableFrom(run: Run, id: number): number {
  if (id === 0) return 0;
  const isHere = isNotable(run.trace.kind[id - 1] as number) && run.trace.host[id - 1] !== 0;
  return isHere ? id : stepFrom(run, id, 1);
}

function otherWords(compared: Compared, id: number): string {
  return `${hostOf(compared.run, id)} ${wordsOf(compared, id) ?? describeEvent(compared.run, id)}`;
}

/** A message of the other run as its dissector reads it; `undefined` where it is none. */
function wordsOf({ run, dissector }: Compared, id: number): string | undefined {
  const words = dissector?.packet(id)?.summary;
  if (words === undefined || words === "") return undefined;
  return run.trace.kind[id - 1] === Kind.send ? `sends ${words}` : `receives ${words}`;
}
