/** Compares this run with another one, from a trace file or a saved page. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { type Comparison, compareRuns } from "../../model/compare.ts";
import { describeEvent, hostOf } from "../../model/describe.ts";
import { indexRun, type Run } from "../../model/run.ts";
import { showCount, showTime } from "../../model/words.ts";
import { loadFile } from "../load.ts";
import { select, type State } from "../state.ts";

interface Compared {
  readonly name: string;
  readonly run: Run;
  readonly result: Comparison;
}

/** Kept while other panels are open. */
const compared = signal<Compared | string | undefined>(undefined);

/** The panel. */
export function Compare({ state }: { state: State }): VNode {
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    compared.value = "reading…";
    try {
      const run = indexRun(await loadFile(file));
      compared.value = { name: file.name, run, result: compareRuns(state.run, run) };
    } catch (error) {
      compared.value = `${file.name} cannot be read: ${error instanceof Error ? error.message : "unknown"}`;
    }
  };
  const shown = compared.value;
  return (
    <div
      class="compare"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void choose(event.dataTransfer?.files[0]);
      }}
    >
      <p>
        <label>
          Another run (a .trace file or a saved page):{" "}
          <input
            type="file"
            id="compare-file"
            accept=".trace,.html"
            onChange={(event) => void choose(event.currentTarget.files?.[0])}
          />
        </label>
      </p>
      {typeof shown === "string" && <p role="status">{shown}</p>}
      {typeof shown === "object" && <Result state={state} compared={shown} />}
    </div>
  );
}

function Result({ state, compared }: { state: State; compared: Compared }): VNode {
  const { name, run, result } = compared;
  if (result.first === 0) return <p role="status">{name} is the same run, to the last event.</p>;
  const here = (id: number): VNode | string =>
    id === 0 || id > state.run.trace.length ? (
      "this run has ended"
    ) : (
      <button type="button" class="link" onClick={() => select(state, id)}>
        {hostOf(state.run, id)} {describeEvent(state.run, id)}
      </button>
    );
  const there =
    result.first > run.trace.length
      ? "that run has ended"
      : `${hostOf(run, result.first)} ${describeEvent(run, result.first)}`;
  return (
    <div>
      <p role="status">
        Identical for {showCount(result.common)} events. The first that differs is event{" "}
        {showCount(result.first)}: here {here(result.first)}; in {name}: {there}.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">at</th>
            <th scope="col">host</th>
            <th scope="col">what</th>
            <th scope="col">which</th>
          </tr>
        </thead>
        <tbody>
          {result.differences.map(({ host, text, left, right, change }, index) => (
            <tr key={index} class={change.replace(" ", "-")}>
              <td class="number-cell">
                {showTime(
                  (left > 0
                    ? state.run.trace.timeNs[left - 1]
                    : run.trace.timeNs[right - 1]) as number,
                )}
              </td>
              <td>{host}</td>
              <td>
                {left > 0 ? (
                  <button type="button" class="link" onClick={() => select(state, left)}>
                    {text}
                  </button>
                ) : (
                  text
                )}
              </td>
              <td>
                {change === "left only"
                  ? "◀ only here"
                  : change === "right only"
                    ? "▶ only there"
                    : "↔ moved"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {result.cut && <p class="soft">There are more differences than are listed.</p>}
    </div>
  );
}
