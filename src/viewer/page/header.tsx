/** The top of the page: the verdict in words, the faults that did it, and the command that replays the run. */
import type { VNode } from "preact";
import { cut, showCount, showTime } from "../model/words.ts";
import type { Story } from "../../trace/story.ts";
import type { Answer } from "../model/answer.ts";
import type { PageFacts } from "../page-facts.ts";
import { actions } from "./actions.ts";
import { Link } from "./panels/table.tsx";
import { select, type State } from "./state.ts";

/** The verdict. */
export function Header({ state }: { state: State }): VNode {
  const { run, facts } = state;
  const { meta } = run.trace;
  const answer = state.answerShown.value;
  const verdict = meta?.verdict ?? "unknown";
  const violations = meta?.violations ?? [];
  const mark = verdict === "violated" ? "✗" : verdict === "held" ? "✓" : "?";
  const sentence =
    answer?.summary ??
    (verdict === "held"
      ? "every check held"
      : (facts.remarks?.[0] ?? "nothing was judged to be wrong"));
  return (
    <header class={`top ${verdict}`}>
      <div class="verdict">
        <h1>
          <span class="mark" aria-hidden="true">
            {mark}
          </span>
          <span>
            <span class="unseen">{verdict}: </span>
            {cut(sentence, 240)}
          </span>
        </h1>
      </div>
      <div class="causes">
        <Faults state={state} />
        <div class="buttons">
          {answer && <button onClick={() => runAction(state, "answer")}>Show the answer</button>}
          {facts.neighbour !== undefined && (
            <button
              title={`Compare with ${facts.neighbour}`}
              onClick={() => runAction(state, "neighbour")}
            >
              Compare with a held run
            </button>
          )}
          {facts.replay !== undefined && (
            <button class="main" title={facts.replay} onClick={() => runAction(state, "replay")}>
              Copy replay command
            </button>
          )}
          <button title="All actions (Ctrl+K)" onClick={() => runAction(state, "palette")}>
            Actions
          </button>
          <button aria-label="Keys" title="Keys (?)" onClick={() => runAction(state, "help")}>
            ?
          </button>
        </div>
        {facts.others && <Traces state={state} others={facts.others} />}
        {violations.length > 1 && (
          <label class="violations">
            Violated
            <select
              value={state.violation.value}
              onChange={(event) => {
                state.violation.value = Number(event.currentTarget.value);
                runAction(state, "answer");
              }}
            >
              {violations.map(({ check, story }, index) => (
                <option key={index} value={index}>
                  {cut(facts.about === undefined ? check : (story as Story).summary, 60)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <Mechanism state={state} />
      <p class="about">
        <span>{meta?.world ?? "a run without a name"}</span>
        {answer && facts.about === undefined && saysMore(answer, meta?.world) && (
          <span>{cut(answer.check, 80)}</span>
        )}
        {answer?.anomaly !== undefined && <span class="kind">{answer.anomaly}</span>}
        {facts.about === undefined ? (
          <span>
            {meta && `seed 0x${meta.seed.toString(16)} · `}
            {showCount(run.trace.length)} events in {showTime(run.endNs)}
          </span>
        ) : (
          [facts.about, ...(facts.remarks ?? [])].map(
            (text) => text !== sentence && <span key={text}>{text}</span>,
          )
        )}
      </p>
    </header>
  );
}

/** The other traces in the page, by their names. */
function Traces({ state, others }: { state: State; others: readonly PageFacts[] }): VNode {
  return (
    <label class="violations">
      History
      <select onChange={(event) => (location.hash = `of=${event.currentTarget.value}`)}>
        {others.map(({ name = "" }, index) => (
          <option key={index} value={index} selected={name === state.facts.name}>
            {cut(name, 60)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Whether the name of the check says what neither the world's name nor the verdict does. */
function saysMore({ check, summary }: Answer, world: string | undefined): boolean {
  const name = check.replace(/^(always|sometimes|eventually|never): /, "");
  return name !== world && !summary.includes(name);
}

/** How it came about, in one sentence; what is on record as an event leads to it. */
function Mechanism({ state }: { state: State }): VNode | null {
  const parts = state.mechanism.value;
  if (parts.length === 0) return null;
  return (
    <p class="mechanism">
      {parts.map(({ text, event }, index) => {
        const [, lead = "", rest = ""] = /^([\s;:,(]*)(.*)$/s.exec(text) ?? [];
        return event === 0 ? (
          text
        ) : (
          <span key={index}>
            {lead}
            <a
              href={`#sel=${event}`}
              onClick={(click) => {
                click.preventDefault();
                select(state, event);
              }}
            >
              {rest}
            </a>
          </span>
        );
      })}
    </p>
  );
}

function Faults({ state }: { state: State }): VNode | null {
  const { run } = state;
  const answer = state.answerShown.value;
  if (!answer) return null;
  const told = answer.faults;
  if (state.facts.about !== undefined) return null;
  if (told.length === 0) {
    const none = run.faults.length === 0 ? "no fault was needed" : "no fault in the story";
    return <p class="fault-line none">{none}</p>;
  }
  const [first, ...rest] = told;
  if (!first) return null;
  return (
    <p class="fault-line">
      <span class="label">{told.length === 1 ? "Fault" : "Faults"}</span>
      <Link state={state} id={first.began}>
        {cut(first.text, 64)} at {showTime(first.fromNs)}
      </Link>
      {rest.length > 0 && (
        <button class="link" onClick={() => (state.panel.value = "faults")}>
          and {rest.length} more
        </button>
      )}
    </p>
  );
}

/** Runs an action of the table by its name. */
export function runAction(state: State, id: string): void {
  actions.find((action) => action.id === id)?.run(state);
}

/** What was left out of the page. */
export function Banner({ state }: { state: State }): VNode | null {
  const { left, restore } = state.facts;
  if (left === undefined) return null;
  return (
    <p class="banner" role="note">
      {left} {restore !== undefined && <span>All of it: </span>}
      {restore !== undefined && <code>{restore}</code>}
    </p>
  );
}
