/**
 * Each process's own view of the built-ins that all processes share. A program may patch them (polyfills,
 * `colors`, `should`); what it changed is put in place whenever code of its process runs, and put away
 * when that code is left (`changes.ts`), so that nobody else ever sees it: no other process, no later run, not
 * ourselves. Nothing tells what a program changes: it is looked for (`search.ts`).
 */
import type { SharedObject } from "./catalog.ts";
import { install, View, withdraw } from "./changes.ts";
import {
  beginSearch,
  collectAll,
  endSearch,
  hasNewNames,
  isReplacedAgain,
  isTouched,
  search,
  sharedObjectAt,
} from "./search.ts";

/** The view of everybody else: as it was found. */
const nobody = new View();
nobody.young = false;
nobody.isNew = false;

let installed: View = nobody;
let active = false;

/** The shared object behind `target`, where a process's view of it is in place. */
export function sharedObjectOf(target: unknown): SharedObject | undefined {
  return installed === nobody ? undefined : sharedObjectAt(target);
}

/** The view that is in place. */
export function installedView(): View {
  return installed;
}

/** Puts `view` in place of the one that is, and gives that. `undefined` stands for nobody's. */
export function switchView(view: View = nobody): View {
  const before = installed;
  if (before === view || !active) return before;
  if (before !== nobody) settle(before);
  if (view !== nobody) enter(view);
  installed = view;
  return before;
}

/** Runs `action`, which is not the program's, with all built-ins as they were found. */
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
 * Whether the view in place shows the built-ins as they were found, as far as is known: what was assigned just
 * now, to an object that nobody is known to change, is found when the process is left.
 */
function isPristine({ changes, parents }: View): boolean {
  return changes.length === 0 && parents.length === 0 && !isTouched() && !isReplacedAgain();
}

/** A process is entered: its changes are put in place. */
function enter(view: View): void {
  // What is new from here on is this view's, and what is already there is not.
  if (view.isNew && hasNewNames()) collectAll();
  view.isNew = false;
  if (view.changes.length > 0 || view.parents.length > 0) install(view);
}

/** A process is left: what it changed is noted in its view, and undone. */
function settle(view: View): void {
  if (view.changes.length > 0 || view.parents.length > 0) withdraw(view, isTouched());
  search(view);
}

/** What the code around a run had changed: it gets that back. */
let outside = new View();

/** A run begins; its guards are in place. */
export function beginViews(): void {
  outside = new View();
  beginSearch(outside);
  installed = nobody;
  active = true;
}

/** A run is over: all is as it was. Gives whether it has to begin again, to be what it should have been. */
export function endViews(): boolean {
  switchView();
  active = false;
  const again = endSearch();
  install(outside);
  outside = new View();
  return again;
}
