/** The filter, the cone and the axis. */
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { complete, type Suggestion } from "../filter/complete.ts";
import { WHOLE } from "../model/cone.ts";
import { showCount } from "../model/words.ts";
import { changeAxis, protocolFieldNames, type State } from "./state.ts";

/** The bar above the diagram. */
export function Toolbar({ state }: { state: State }): VNode {
  return (
    <div class="toolbar">
      <FilterBox state={state} />
      <ConeChoice state={state} />
      <label>
        <span>Axis</span>
        <select
          value={state.axisMode.value}
          onChange={(event) => {
            changeAxis(state, event.currentTarget.value as State["axisMode"]["value"]);
          }}
        >
          <option value="time">time</option>
          <option value="folded">idle gaps folded</option>
          <option value="rank">event rank</option>
        </select>
      </label>
      <button
        aria-pressed={state.down.value}
        title="Time runs downwards (v)"
        onClick={() => (state.down.value = !state.down.value)}
      >
        ↓ time
      </button>
    </div>
  );
}

function ConeChoice({ state }: { state: State }): VNode {
  const { cone, depth, only } = state;
  const choices = [
    ["none", "off"],
    ["past", "past"],
    ["future", "future"],
    ["both", "both"],
  ] as const;
  return (
    <div class="cone" role="group" aria-label="Light cone">
      <span aria-hidden="true">Light cone</span>
      {choices.map(([value, title]) => (
        <button
          key={value}
          class={value}
          aria-pressed={cone.value === value}
          onClick={() => (cone.value = value)}
        >
          {title}
        </button>
      ))}
      <label>
        <span class="unseen">Hops of the cone</span>
        <select
          value={depth.value}
          onChange={(event) => (depth.value = Number(event.currentTarget.value))}
        >
          <option value={WHOLE}>all hops</option>
          {[0, 1, 2, 3, 4, 5, 6, 8, 10, 12].map((hops) => (
            <option key={hops} value={hops}>
              {hops} {hops === 1 ? "hop" : "hops"}
            </option>
          ))}
        </select>
      </label>
      <button
        aria-pressed={only.value}
        title="Fold what is outside (o)"
        onClick={() => {
          only.value = !only.value;
          if (only.value && cone.value === "none") cone.value = "past";
        }}
      >
        only
      </button>
    </div>
  );
}

function FilterBox({ state }: { state: State }): VNode {
  const { filterText, found, run } = state;
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState<readonly Suggestion[]>([]);
  const [active, setActive] = useState(-1);
  const { error, flags, count } = found.value;
  const suggest = (): void => {
    const element = input.current as HTMLInputElement;
    const cursor = element.selectionStart ?? element.value.length;
    setOpen(complete(run, element.value, cursor, protocolFieldNames));
    setActive(-1);
  };
  const take = (suggestion: Suggestion): void => {
    const element = input.current as HTMLInputElement;
    const { value } = element;
    element.value =
      value.slice(0, suggestion.from) + suggestion.insert + value.slice(suggestion.to);
    const cursor = suggestion.from + suggestion.insert.length;
    element.setSelectionRange(cursor, cursor);
    element.focus();
    filterText.value = element.value;
    suggest();
  };
  return (
    <div class="filter">
      <input
        id="filter"
        ref={input}
        value={filterText.value}
        placeholder="filter: host:worker-* redis.cmd=GET t>1.2s !heartbeat"
        spellcheck={false}
        autocomplete="off"
        role="combobox"
        aria-label="Filter"
        aria-expanded={open.length > 0}
        aria-controls="suggestions"
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `suggestion-${active}` : undefined}
        aria-invalid={error !== undefined}
        aria-describedby="filter-said"
        onInput={(event) => {
          filterText.value = event.currentTarget.value;
          suggest();
        }}
        onFocus={suggest}
        onBlur={() => setOpen([])}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const by = event.key === "ArrowDown" ? 1 : -1;
            setActive((active + by + open.length + 1) % (open.length + 1));
          } else if ((event.key === "Enter" || event.key === "Tab") && open[active]) {
            event.preventDefault();
            take(open[active]);
          } else if (event.key === "Enter") setOpen([]);
        }}
      />
      <ul id="suggestions" role="listbox" aria-label="Suggestions" hidden={open.length === 0}>
        {open.map((suggestion, index) => (
          <li
            key={suggestion.insert}
            id={`suggestion-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={(event) => {
              event.preventDefault();
              take(suggestion);
            }}
          >
            <b>{suggestion.insert}</b> <span>{suggestion.about}</span>
          </li>
        ))}
      </ul>
      <p id="filter-said" class={error ? "said wrong" : "said"} aria-live="polite">
        {error ? (
          <Mistake
            text={filterText.value}
            from={error.from}
            to={error.to}
            message={error.message}
          />
        ) : flags ? (
          `${showCount(count)} of ${showCount(run.trace.length)}`
        ) : (
          ""
        )}
      </p>
      {flags && (
        <button
          title="What the filter does with the rest (Shift+H)"
          onClick={() => {
            state.filterMode.value = state.filterMode.value === "hide" ? "dim" : "hide";
          }}
        >
          {state.filterMode.value === "hide" ? "hides the rest" : "dims the rest"}
        </button>
      )}
      {filterText.value !== "" && (
        <button aria-label="Clear the filter" onClick={() => (filterText.value = "")}>
          ✕
        </button>
      )}
    </div>
  );
}

function Mistake(props: { text: string; from: number; to: number; message: string }): VNode {
  const { text, from, to, message } = props;
  return (
    <span>
      {message}
      {from < text.length && (
        <span class="place">
          {text.slice(0, from)}
          <u>{text.slice(from, to)}</u>
          {text.slice(to)}
        </span>
      )}
    </span>
  );
}
