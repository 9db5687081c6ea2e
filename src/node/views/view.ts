/**
 * Each process's own view of the built-ins that all processes share. A program may patch them (polyfills,
 * `colors`, `should`); what it changed is put in place whenever code of its process runs, and put away
 * when that code is left, so that nobody else ever sees it: no other process, no later run, not ourselves.
 *
 * Nothing tells of an assignment. When a process has run for the first time, all values are checked
 * (`check.ts`), and new names are looked for; whenever it is left, what was defined (`guards.ts`) and the
 * objects that are known to change. All else is looked at at the end of the run. Found that late, nobody
 * knows whose a change is: the object is watched from then on, and the run starts again from its
 * beginning, which is the same run by definition.
 */
import { hostNames, sharedNames } from "../globals.ts";
import {
  catalog,
  countEnumerable,
  isUntouched,
  type SharedObject,
  sharedObject,
  survey,
} from "./catalog.ts";
import { createCheck, hasOwnValues, type ValueCheck } from "./check.ts";
import {
  defineProperty,
  deleteProperty,
  getPrototypeOf,
  isSame,
  isSameProperty,
  ownKeys,
  read,
  setPrototypeOf,
  uncurry,
} from "./safe.ts";

/** One property that a program changed. */
interface Change {
  readonly object: object;
  readonly key: PropertyKey;
  readonly pristine: PropertyDescriptor | undefined;
  mine: PropertyDescriptor | undefined;
}

/** What a program claimed of a shared object: that it can be changed no more. */
export interface Claims {
  /** Properties that were defined not to be configurable. */
  readonly fixed: Set<PropertyKey>;
  /** Whether nothing may be added. */
  closed: boolean;
}

/** A process's view. Empty for nearly all. */
export class View {
  /** @internal */
  changes: Change[] = [];
  /** @internal Prototypes that it gave to shared objects, beside those they had. */
  parents: { readonly object: object; readonly pristine: object | null; mine: object | null }[] =
    [];
  /** @internal Whether it was ever in place. */
  isNew = true;
  /** Until the process has been left for the first time: up to then, new names are looked for. */
  young = true;
  /** @internal */
  readonly claims: Map<object, Claims> = new Map();
}

/** The view of everybody else: as it was found. */
const nobody = new View();
nobody.young = false;
nobody.isNew = false;

let installed: View = nobody;
/** Objects on which something was defined since the view was installed. */
let touched: SharedObject[] = [];

let objects: SharedObject[] = [];
let byObject: Map<object, SharedObject> | undefined;
let world: SharedObject;
let watched: readonly SharedObject[] = [];
let changeable: readonly SharedObject[] = [];
/** What was found to have changed for the first time; the lists above follow when all is put away. */
let news: SharedObject[] = [];
/** Looks at what programs do patch. */
let check: ValueCheck | undefined;
/** Looks at all else, before and after a run. */
let seldom: ValueCheck | undefined;
let worldKeys: readonly PropertyKey[] = [];
let active = false;
/** Whether something was changed in this run and nobody knows by whom. */
let hasStrays = false;

const find = uncurry(Map.prototype.get);

/** The shared object behind `target`, where a process's view of it is in place. */
export function sharedObjectOf(target: unknown): SharedObject | undefined {
  if (byObject === undefined || installed === nobody) return undefined;
  return find(byObject, target as object) as SharedObject | undefined;
}

/** The view that is in place. */
export function installedView(): View {
  return installed;
}

/** A program is about to define something on a shared object. */
export function touch(shared: SharedObject): void {
  touched[touched.length] = shared;
}

/** Puts `view` in place of the one that is, and gives that. `undefined` stands for nobody's. */
export function switchView(view: View = nobody): View {
  const before = installed;
  if (before === view || !active) return before;
  if (before !== nobody) settle(before);
  // What is new from here on is this view's, and what is already there is not.
  if (view.isNew && hasNewNames()) collectAll(nobody);
  view.isNew = false;
  installed = view;
  if (view.changes.length > 0 || view.parents.length > 0) install(view);
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
  return changes.length === 0 && parents.length === 0 && touched.length === 0 && !isReplacedAgain();
}

function install({ changes, parents }: View): void {
  for (let i = 0; i < changes.length; i++) {
    const { object, key, pristine, mine } = changes[i] as Change;
    put(object, key, pristine, mine);
  }
  for (let i = 0; i < parents.length; i++) {
    setPrototypeOf((parents[i] as { object: object }).object, parents[i]!.mine);
  }
}

/** Makes a property that is as `from` as `to`; a mere assignment where that does it. */
function put(
  object: object,
  key: PropertyKey,
  from: PropertyDescriptor | undefined,
  to: PropertyDescriptor | undefined,
): void {
  if (to === undefined) {
    deleteProperty(object, key);
  } else if (
    from?.writable === true &&
    to.writable === true &&
    from.enumerable === to.enumerable &&
    from.configurable === to.configurable
  ) {
    (object as Record<PropertyKey, unknown>)[key] = to.value;
  } else {
    defineProperty(object, key, to);
  }
}

/** A process is left: what it changed is noted in its view, and undone. */
function settle(view: View): void {
  if (view.changes.length > 0 || view.parents.length > 0) withdraw(view);
  if (touched.length > 0) {
    const those = touched;
    touched = [];
    for (let i = 0; i < those.length; i++) collect(view, those[i] as SharedObject);
  }
  const isChangedNow = view.young ? isReplaced() || hasNewNames() : isReplacedAgain();
  if (isChangedNow || (watched.length > 0 && isAddedTo())) collectAll(view);
  if (news.length > 0) learn();
}

/** Takes note of which objects do change. All is as it was: ordinary code may run again. */
function learn(): void {
  const learned = news.filter((shared) => shared !== world);
  news = [];
  for (const shared of learned) (shared.isFrequent ? check : seldom)?.leaveOut(shared);
  changeable = objects.filter((shared) => shared.isChangeable && shared !== world);
  watched = objects.filter((shared) => shared.isWatched);
}

function withdraw(view: View): void {
  const { changes, parents } = view;
  let kept = 0;
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i] as Change;
    const { object, key, pristine, mine } = change;
    if (
      mine?.writable !== true ||
      touched.length > 0 ||
      !isSame((object as Record<PropertyKey, unknown>)[key], mine.value)
    ) {
      change.mine = read(object, key);
    }
    if (isSameProperty(change.mine, pristine)) continue;
    put(object, key, change.mine, pristine);
    changes[kept++] = change;
  }
  changes.length = kept;
  for (let i = 0; i < parents.length; i++) {
    const parent = parents[i]!;
    parent.mine = getPrototypeOf(parent.object);
    setPrototypeOf(parent.object, parent.pristine);
  }
}

/** Whether a value was replaced, of those that programs do replace. */
function isReplaced(): boolean {
  return !(check as ValueCheck).isUntouched() || isReplacedAgain();
}

/** Whether a value was replaced, of the objects that are known to change: whenever a process is left. */
function isReplacedAgain(): boolean {
  for (let i = 0; i < changeable.length; i++) {
    if (!hasOwnValues(changeable[i] as SharedObject)) return true;
  }
  return false;
}

/** Whether anything at all is changed, as far as that is told without looking at every property. */
function isChanged(): boolean {
  return (
    isReplaced() ||
    !(seldom as ValueCheck).isUntouched() ||
    hasNewNames(true) ||
    objects.some((shared) => shared.isFrequent && isResized(shared))
  );
}

/** Whether a `for in` over any object shows other names than it did. */
function hasNewNames(inFunctions = false): boolean {
  for (let i = 0; i < objects.length; i++) {
    const { object, enumerable, isPlainFunction } = objects[i] as SharedObject;
    if (isPlainFunction && !inFunctions) continue;
    if (countEnumerable(object) !== enumerable) return true;
  }
  return false;
}

function isResized({ object, size }: SharedObject): boolean {
  return ownKeys(object).length !== size;
}

function isAddedTo(): boolean {
  for (let i = 0; i < watched.length; i++) {
    if (isResized(watched[i] as SharedObject)) return true;
  }
  return false;
}

/**
 * Notes every change of every object in `view`, and undoes it. What is looked at whenever a process is left
 * is known to be this view's; what is not may have been so for long.
 */
function collectAll(view: View): void {
  for (let i = 0; i < objects.length; i++) {
    const shared = objects[i] as SharedObject;
    if (isUntouched(shared)) continue;
    const isKnown = view !== nobody && shared.isWatched;
    const areNamesKnown = isKnown || (view !== nobody && view.young);
    const areValuesKnown = isKnown || (view !== nobody && shared.isFrequent);
    if (collect(view, shared, areNamesKnown, areValuesKnown) || shared.isWatched) continue;
    // The next run will know whose it is.
    shared.isWatched = true;
    hasStrays = true;
  }
}

/** Notes what was changed of an object. Gives whether all of it is certainly the view's. */
function collect(
  view: View,
  shared: SharedObject,
  areNamesKnown = true,
  areValuesKnown = true,
): boolean {
  const { object, keys, properties, byKey, prototype } = shared;
  shared.isChangeable = true;
  news[news.length] = shared;
  let unknown = 0;
  const note = (key: PropertyKey, pristine: PropertyDescriptor | undefined): void => {
    const mine = read(object, key);
    if (isSameProperty(mine, pristine)) return;
    put(object, key, mine, pristine);
    const isAssigned = mine?.writable === true && pristine?.writable === true;
    if (isAssigned ? areValuesKnown : areNamesKnown) {
      view.changes[view.changes.length] = { object, key, pristine, mine };
    } else {
      unknown++;
    }
  };
  for (let i = 0; i < keys.length; i++) note(keys[i] as PropertyKey, properties[i]);
  const now = ownKeys(object) as PropertyKey[];
  for (let i = 0; i < now.length; i++) {
    const key = now[i] as PropertyKey;
    if (byKey[key] === undefined) note(key, undefined);
  }
  const mine = getPrototypeOf(object);
  if (mine !== prototype) {
    if (areNamesKnown) view.parents[view.parents.length] = { object, pristine: prototype, mine };
    else unknown++;
    setPrototypeOf(object, prototype);
  }
  return unknown === 0;
}

/** What the code around a run had changed: it gets that back. */
let outside = new View();

/** Of the real global object, what has a name in the language is compared; all else is its own business. */
const isLanguage = (key: PropertyKey): boolean => sharedNames.includes(key as string);

function prepare(): void {
  world = sharedObject(globalThis);
  survey(world, isLanguage);
  world.isFrequent = true;
  objects = [...catalog(), world];
  byObject = new Map(objects.map((shared) => [shared.object, shared]));
  changeable = objects.filter((shared) => shared.isChangeable);
  seldom = createCheck(
    objects.filter((shared) => !shared.isFrequent && !shared.isPlainFunction && shared !== world),
    [],
  );
}

/** Whether the code around runs has given the real global object names, or taken some. */
function hasOtherNames(): boolean {
  const keys = ownKeys(globalThis);
  return keys.length !== worldKeys.length || keys.some((key, i) => key !== worldKeys[i]);
}

/** A run begins; its guards are in place. */
export function beginViews(): void {
  outside = new View();
  if (byObject === undefined) prepare();
  else if (hasOtherNames()) survey(world, isLanguage);
  worldKeys = ownKeys(globalThis);
  check ??= createCheck(
    objects.filter((shared) => shared.isFrequent && !shared.isChangeable && shared !== world),
    sharedNames.filter((name) => !hostNames.includes(name)),
  );
  if (isChanged()) {
    for (const shared of objects) if (!isUntouched(shared)) collect(outside, shared);
  }
  if (news.length > 0) learn();
  installed = nobody;
  touched = [];
  active = true;
}

/** A run is over: all is as it was. Gives whether it has to begin again, to be what it should have been. */
export function endViews(): boolean {
  switchView();
  active = false;
  if (isChanged()) collectAll(nobody);
  if (news.length > 0) learn();
  install(outside);
  outside = new View();
  const again = hasStrays;
  hasStrays = false;
  return again;
}
