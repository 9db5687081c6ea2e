/** The story of the violation: numbered as in the diagram; each line jumps to its event. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { showTime } from "../../model/words.ts";
import { select, type State } from "../state.ts";
import { decisiveWords } from "../summary.ts";
import { Cycle } from "./history.tsx";

/** The panel. */
export function Story({ state }: { state: State }): VNode {
  const answer = state.answerShown.value;
  const list = useRef<HTMLOListElement>(null);
  const selected = state.selected.value;
  useEffect(() => {
    list.current?.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  if (!answer) return <p class="soft">Nothing was violated in this run, so there is no story.</p>;
  return (
    <div>
      <ol class="story" ref={list}>
        {answer.steps.map(({ number, line, event, decisive }) => {
          const [first, ...rest] = line.text.split("\n");
          return (
            <li key={number}>
              <button
                class={decisive ? `${line.tone} decisive` : line.tone}
                aria-current={event > 0 && event === selected}
                disabled={event === 0}
                onClick={() => select(state, event)}
              >
                <span class="number">{number}</span>
                <span class="time">{showTime(line.atNs)}</span>
                <span class="host">{line.who}</span>
                <span class="text">
                  {decisive && <span class="unseen">{decisiveWords(state)}: </span>}
                  {first}
                  {rest.map((each) => (
                    <span key={each} class="line">
                      {each}
                    </span>
                  ))}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
      <Cycle state={state} />
    </div>
  );
}
