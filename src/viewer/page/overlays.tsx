/** What opens over the page: the palette of all actions, and the list of keys. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Action, actions } from "./actions.ts";
import { keyLabel } from "./keys.ts";
import type { State } from "./state.ts";

/** The overlay that is open, if any. */
export function Overlays({ state }: { state: State }): VNode | null {
  const which = state.overlay.value;
  if (which === "none") return null;
  return which === "help" ? <Help state={state} /> : <Palette state={state} />;
}

function Dialog(props: { state: State; label: string; children: VNode | VNode[] }): VNode {
  const { state, label, children } = props;
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus();
  }, []);
  const close = (): void => {
    state.overlay.value = "none";
  };
  return (
    <dialog
      ref={box}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === box.current && close()}
    >
      {children}
    </dialog>
  );
}

function Help({ state }: { state: State }): VNode {
  const groups = [...new Set(actions.map(({ group }) => group))];
  return (
    <Dialog state={state} label="Keys">
      <h2>Keys</h2>
      <div class="keys" tabIndex={0} role="group" aria-label="All keys">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group)
                .map(({ id, title, keys }) => (
                  <div key={id}>
                    <dt>
                      {keys.map((key) => (
                        <kbd key={key}>{keyLabel(key)}</kbd>
                      ))}
                    </dt>
                    <dd>{title}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>Pointer</h3>
          <dl>
            <div>
              <dt>wheel</dt>
              <dd>Zoom; with Shift, pan</dd>
            </div>
            <div>
              <dt>drag</dt>
              <dd>Pan; with Shift, zoom to the range</dd>
            </div>
            <div>
              <dt>Ctrl-click</dt>
              <dd>Relate a second event to the selected one</dd>
            </div>
          </dl>
        </section>
      </div>
      <p>
        <button onClick={() => (state.overlay.value = "none")}>Close</button>
      </p>
    </Dialog>
  );
}

function Palette({ state }: { state: State }): VNode {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const words = text.toLowerCase().split(/\s+/);
  const found = actions.filter(({ title, group }) => {
    const name = `${group} ${title}`.toLowerCase();
    return words.every((word) => name.includes(word));
  });
  const run = (action: Action | undefined): void => {
    if (!action) return;
    state.overlay.value = "none";
    // After the dialog has given the focus back.
    setTimeout(() => action.run(state));
  };
  return (
    <Dialog state={state} label="Actions">
      <input
        class="palette"
        value={text}
        placeholder="what do you want to do?"
        aria-label="Action"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[active] ? `action-${active}` : undefined}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const by = event.key === "ArrowDown" ? 1 : -1;
            setActive((active + by + found.length) % Math.max(1, found.length));
          } else if (event.key === "Enter") {
            event.preventDefault();
            run(found[active]);
          }
        }}
      />
      <ul id="palette-list" role="listbox" aria-label="Actions" class="palette-list">
        {found.map((action, index) => (
          <li
            key={action.id}
            id={`action-${index}`}
            role="option"
            aria-selected={index === active}
            onClick={() => run(action)}
          >
            <span class="soft">{action.group}</span> {action.title}
            <span class="key">
              {action.keys.map((key) => (
                <kbd key={key}>{keyLabel(key)}</kbd>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
