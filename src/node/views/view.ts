/**
 * Each process's own view of the built-ins that all processes share. A program may patch them
 * (polyfills, `colors`, `should`). Its changes are installed whenever code of its process runs, and
 * removed when that code is left (`changes.ts`), so they affect neither other processes, nor later
 * runs, nor the simulator. Changes cannot be observed directly; they are searched for
 * (`search.ts`).
 */
import type { SharedObject } from "./catalog.ts";
import { install, View, withdraw } from "./changes.ts";
import {
  beginSearch,
  collectAll,
  endSearch,
  hasNewNames,
  isReplaced,
  isReplacedAgain,
  isTouched,
  search,
  sharedObjectAt,
} from "./search.ts";

/** The view outside of all processes: the built-ins as they were found. */
const nobody = new View();
nobody.young = false;
nobody.isNew = false;

let installed: View = nobody;
let active = false;

/** Returns the shared object behind `target`, if a process's view of it is installed. */
export function sharedObjectOf(target: unknown): SharedObject | undefined {
  return installed === nobody ? undefined : sharedObjectAt(target);
}

/** Returns the installed view. */
export function installedView(): View {
  return installed;
}

/**
 * Replaces the installed view with `view` and returns the previous one. `undefined` means no
 * process's view.
 */
export function switchView(view: View = nobody): View {
  const before = installed;
  if (before === view || !active) return before;
  if (before !== nobody) settle(before);
  if (view !== nobody) enter(view);
  installed = view;
  return before;
}

/** Runs `action`, which is not the program's code, with all built-ins as they were found. */
export function withoutView<T>(action: () => T): T {
  const before = installed;
  if (before === nobody || isPristine(before)) return action();
  switchView();
  try {
    return action();
  } finally {
    switchView(before);
  }
}

/**
 * Returns whether the installed view shows the built-ins as they were found, as far as is known. A
 * recent assignment to an object that is not known to change is found when the process is left,
 * or at once in a process's first turn.
 */
function isPristine({ changes, parents, young }: View): boolean {
  if (changes.length > 0 || parents.length > 0 || isTouched()) return false;
  return young ? !isReplaced() : !isReplacedAgain();
}

/** Called when a process is entered: installs its changes. */
function enter(view: View): void {
  // New names from now on belong to this view; existing ones do not.
  if (view.isNew && hasNewNames()) collectAll();
  view.isNew = false;
  if (view.changes.length > 0 || view.parents.length > 0) install(view);
}

/** Called when a process is left: records its changes in its view and undoes them. */
function settle(view: View): void {
  if (view.changes.length > 0 || view.parents.length > 0) withdraw(view, isTouched());
  search(view);
}

/** The changes of the code around a run. They are restored afterwards. */
let outside = new View();

/** Called when a run begins, once its guards are installed. */
export function beginViews(): void {
  outside = new View();
  beginSearch(outside);
  installed = nobody;
  active = true;
}

/**
 * Called when a run is over: restores everything. Returns whether the run has to be repeated to be
 * correct.
 */
export function endViews(): boolean {
  switchView();
  active = false;
  const again = endSearch();
  install(outside);
  outside = new View();
  return again;
}
