/** The keyboard: finds the action of a key. */
import { actions } from "./actions.ts";
import type { State } from "./state.ts";

/** A key press as the table of actions writes it: "Shift+C", "Ctrl+k", "ArrowRight". */
export function keyName(event: KeyboardEvent): string {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  const isLetter = /^[a-z]$/i.test(key);
  const parts = [
    ...(ctrlKey ? ["Ctrl"] : []),
    ...(metaKey ? ["Meta"] : []),
    ...(altKey ? ["Alt"] : []),
    // The shift of a sign such as "?" is a part of it.
    ...(shiftKey && (isLetter || key.length > 1) ? ["Shift"] : []),
  ];
  const name = isLetter ? (shiftKey ? key.toUpperCase() : key.toLowerCase()) : key;
  return [...parts, name].join("+");
}

/** Listens for keys; those that are typed into a field are left to it. */
export function listenForKeys(state: State): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    const name = keyName(event);
    const isPalette = name === "Ctrl+k" || name === "Meta+k";
    const types = target.matches("input, textarea, select");
    if (types && !isPalette && name !== "Escape") return;
    if (state.overlay.value !== "none" && name !== "Escape" && !isPalette && name !== "?") return;
    // Buttons, tabs and lists have these keys for themselves.
    const isOwn = target.matches("button, a, [role=tab], [role=option], summary, tr[tabindex]");
    if (
      isOwn &&
      ["Enter", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home"].includes(name)
    )
      return;
    if (types && name === "Escape") {
      target.blur();
      document.querySelector<HTMLElement>("#events")?.focus();
      return;
    }
    const action = actions.find(({ keys }) => keys.includes(name));
    if (!action) return;
    event.preventDefault();
    action.run(state);
  });
}

/** How a key is written for people. */
export function keyLabel(key: string): string {
  return key
    .replace("ArrowRight", "→")
    .replace("ArrowLeft", "←")
    .replace("ArrowUp", "↑")
    .replace("ArrowDown", "↓");
}
