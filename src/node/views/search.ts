/**
 * Looks for what programs changed of the built-ins that all processes share. Nothing tells of an assignment.
 * When a process has run for the first time, all values are checked (`check.ts`), and new names are looked
 * for; whenever it is left, what was defined (`guards.ts`) and the objects that are known to change. All
 * else is looked at at the end of the run. Found that late, nobody knows whose a change is: the object is
 * watched from then on, and the run starts again from its beginning, which is the same run by definition.
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
import { put, type View } from "./changes.ts";
import { createCheck, hasOwnValues, type ValueCheck } from "./check.ts";
import { getPrototypeOf, isSameProperty, ownKeys, read, setPrototypeOf, uncurry } from "./safe.ts";

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
/** Whether something was changed in this run and nobody knows by whom. */
let hasStrays = false;

const find = uncurry(Map.prototype.get);

/** The shared object behind `target`. */
export function sharedObjectAt(target: unknown): SharedObject | undefined {
  return byObject && (find(byObject, target as object) as SharedObject | undefined);
}

/** A program is about to define something on a shared object. */
export function touch(shared: SharedObject): void {
  touched[touched.length] = shared;
}

/** Whether something was defined since the view was installed. */
export function isTouched(): boolean {
  return touched.length > 0;
}

/** A process is left that had its known changes undone: finds those that are new. */
export function search(view: View): void {
  if (touched.length > 0) {
    const those = touched;
    touched = [];
    for (let i = 0; i < those.length; i++) collect(those[i] as SharedObject, view, view);
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

/** Whether a value was replaced, of those that programs do replace. */
function isReplaced(): boolean {
  return !(check as ValueCheck).isUntouched() || isReplacedAgain();
}

/** Whether a value was replaced, of the objects that are known to change: whenever a process is left. */
export function isReplacedAgain(): boolean {
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
export function hasNewNames(inFunctions = false): boolean {
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
 * Undoes every change of every object, and notes those that are certainly of the process that is left. What is
 * looked at whenever one is left is known to be its own; what is not may have been so for long.
 */
export function collectAll(view?: View): void {
  for (let i = 0; i < objects.length; i++) {
    const shared = objects[i] as SharedObject;
    if (isUntouched(shared)) continue;
    const { isWatched, isFrequent } = shared;
    const names = isWatched || view?.young === true ? view : undefined;
    const values = isWatched || isFrequent ? view : undefined;
    if (collect(shared, names, values) || isWatched) continue;
    // The next run will know whose it is.
    shared.isWatched = true;
    hasStrays = true;
  }
}

/**
 * Undoes what was changed of an object. Notes it in the view that is known to have added and defined, or to
 * have assigned. Gives whether all of it was noted.
 */
function collect(shared: SharedObject, names?: View, values?: View): boolean {
  const { object, keys, properties, byKey, prototype } = shared;
  shared.isChangeable = true;
  news[news.length] = shared;
  let unknown = 0;
  const look = (key: PropertyKey, pristine: PropertyDescriptor | undefined): void => {
    const mine = read(object, key);
    if (isSameProperty(mine, pristine)) return;
    put(object, key, mine, pristine);
    const isAssigned = mine?.writable === true && pristine?.writable === true;
    const view = isAssigned ? values : names;
    if (view) view.changes[view.changes.length] = { object, key, pristine, mine };
    else unknown++;
  };
  for (let i = 0; i < keys.length; i++) look(keys[i] as PropertyKey, properties[i]);
  const now = ownKeys(object) as PropertyKey[];
  for (let i = 0; i < now.length; i++) {
    const key = now[i] as PropertyKey;
    if (byKey[key] === undefined) look(key, undefined);
  }
  const mine = getPrototypeOf(object);
  if (mine !== prototype) {
    if (names) names.parents[names.parents.length] = { object, pristine: prototype, mine };
    else unknown++;
    setPrototypeOf(object, prototype);
  }
  return unknown === 0;
}

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

/** A run begins: what the code around it had changed is undone, and noted in `outside`. */
export function beginSearch(outside: View): void {
  if (byObject === undefined) prepare();
  else if (hasOtherNames()) survey(world, isLanguage);
  worldKeys = ownKeys(globalThis);
  check ??= createCheck(
    objects.filter((shared) => shared.isFrequent && !shared.isChangeable && shared !== world),
    sharedNames.filter((name) => !hostNames.includes(name)),
  );
  if (isChanged()) {
    for (const shared of objects) if (!isUntouched(shared)) collect(shared, outside, outside);
  }
  if (news.length > 0) learn();
  touched = [];
}

/** A run is over: undoes what is left of it. Gives whether nobody knows whose it was. */
export function endSearch(): boolean {
  if (isChanged()) collectAll();
  if (news.length > 0) learn();
  const found = hasStrays;
  hasStrays = false;
  return found;
}
