/**
 * Finds programs' changes to the built-ins that all processes share. An assignment cannot be
 * observed directly. After a process has run for the first time, all values are checked
 * (`check.ts`), and new names are searched for. Whenever it is left, the defined properties
 * (`guards.ts`) and the objects known to change are checked. All other objects are checked at the
 * end of the run. A change found that late cannot be attributed to a process. The object is then
 * watched, and the run starts again from its beginning, which by definition is the same run.
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
import {
  type Check,
  createCheck,
  createGlobalsCheck,
  hasOwnValues,
  type ValueCheck,
} from "./check.ts";
import { getPrototypeOf, isSameProperty, ownKeys, read, setPrototypeOf, uncurry } from "./safe.ts";

/** Objects on which something was defined since the view was installed. */
let touched: SharedObject[] = [];

let objects: SharedObject[] = [];
/** Those that can get new names. Node's `constants` cannot, and have hundreds. */
let extensible: readonly SharedObject[] = [];
let byObject: Map<object, SharedObject> | undefined;
let world: SharedObject;
let watched: readonly SharedObject[] = [];
let changeable: readonly SharedObject[] = [];
/** Objects first found to have changed. The lists above are updated when all changes are undone. */
let news: SharedObject[] = [];
/** The check of objects that programs typically patch. */
let check: ValueCheck | undefined;
/** The check of all other objects, before and after a run. */
let seldom: ValueCheck | undefined;
/** The check of the real global object's names, whenever a process is left. */
let globals: Check | undefined;
let worldKeys: readonly PropertyKey[] = [];
/** True if something was changed in this run that cannot be attributed to a process. */
let hasStrays = false;

const find = uncurry(Map.prototype.get);

/** Returns the shared object behind `target`. */
export function sharedObjectAt(target: unknown): SharedObject | undefined {
  return byObject && (find(byObject, target as object) as SharedObject | undefined);
}

/** Called when a program is about to define something on a shared object. */
export function touch(shared: SharedObject): void {
  touched[touched.length] = shared;
}

/** Returns whether something was defined since the view was installed. */
export function isTouched(): boolean {
  return touched.length > 0;
}

/** Called when a process is left and its known changes have been undone. Finds the new ones. */
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

/** Updates the lists of objects that change. All changes are undone, so ordinary code may run. */
function learn(): void {
  const learned = news.filter((shared) => shared !== world);
  news = [];
  for (const shared of learned) (shared.isFrequent ? check : seldom)?.leaveOut(shared);
  changeable = objects.filter((shared) => shared.isChangeable && shared !== world);
  watched = objects.filter((shared) => shared.isWatched);
}

/** Returns whether a value was replaced, among those that programs typically replace. */
export function isReplaced(): boolean {
  return !(check as ValueCheck).isUntouched() || isReplacedAgain();
}

/**
 * Returns whether a global name or a value in the objects known to change was replaced. Called
 * whenever a process is left.
 */
export function isReplacedAgain(): boolean {
  if (!(globals as Check)()) return true;
  for (let i = 0; i < changeable.length; i++) {
    if (!hasOwnValues(changeable[i] as SharedObject)) return true;
  }
  return false;
}

/**
 * Returns whether anything is changed, as far as this can be told without reading every property.
 */
function isChanged(): boolean {
  return (
    isReplaced() ||
    !(seldom as ValueCheck).isUntouched() ||
    hasNewNames(true) ||
    objects.some((shared) => shared.isFrequent && isResized(shared))
  );
}

/** Returns whether a `for in` over any object enumerates a different number of names. */
export function hasNewNames(inFunctions = false): boolean {
  for (let i = 0; i < extensible.length; i++) {
    const { object, enumerable, isPlainFunction } = extensible[i] as SharedObject;
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
 * Undoes every change of every object, and records those that certainly belong to the process that
 * is left. Changes to objects that are checked whenever a process is left are known to be its own.
 * Others may be older.
 */
export function collectAll(view?: View): void {
  for (let i = 0; i < objects.length; i++) {
    const shared = objects[i] as SharedObject;
    if (isUntouched(shared)) continue;
    const { isWatched, isFrequent } = shared;
    const names = isWatched || view?.young === true ? view : undefined;
    const values = isWatched || isFrequent ? view : undefined;
    if (collect(shared, names, values) || isWatched) continue;
    // The next run will be able to attribute it.
    shared.isWatched = true;
    hasStrays = true;
  }
}

/**
 * Undoes the changes of an object. Records additions and definitions in `names` and assignments in
 * `values`, the views to which they are known to belong. Returns whether all of them were recorded.
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
    const isGlobalName = shared === world && pristine !== undefined;
    const view = isAssigned || isGlobalName ? values : names;
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

/** Of the real global object, only names of the language are compared. */
const isLanguage = (key: PropertyKey): boolean => sharedNames.includes(key as string);

function prepare(): void {
  // On Node 20 `TextEncoder` and its kin are accessors that become values when they are read.
  for (const name of sharedNames) Reflect.get(globalThis, name);
  world = sharedObject(globalThis);
  survey(world, isLanguage);
  world.isFrequent = true;
  objects = [...catalog(), world];
  // Nothing can be deleted from them either.
  extensible = objects.filter(({ object }) => !Object.isFrozen(object));
  byObject = new Map(objects.map((shared) => [shared.object, shared]));
  changeable = objects.filter((shared) => shared.isChangeable);
  seldom = createCheck(
    objects.filter((shared) => !shared.isFrequent && !shared.isPlainFunction && shared !== world),
  );
}

/**
 * Returns whether code outside of runs has added names to the real global object, or removed some.
 */
function hasOtherNames(keys: readonly PropertyKey[]): boolean {
  return keys.length !== worldKeys.length || keys.some((key, i) => key !== worldKeys[i]);
}

/** Called when a run begins: the changes of code outside are undone and recorded in `outside`. */
export function beginSearch(outside: View): void {
  const keys = ownKeys(globalThis);
  if (byObject === undefined) prepare();
  else if (hasOtherNames(keys)) survey(world, isLanguage);
  worldKeys = keys;
  check ??= createCheck(
    objects.filter((shared) => shared.isFrequent && !shared.isChangeable && shared !== world),
  );
  globals ??= createGlobalsCheck(sharedNames.filter((name) => !hostNames.includes(name)));
  if (isChanged()) {
    for (const shared of objects) if (!isUntouched(shared)) collect(shared, outside, outside);
  }
  if (news.length > 0) learn();
  touched = [];
}

/**
 * Called when a run is over: undoes the remaining changes. Returns whether some could not be
 * attributed.
 */
export function endSearch(): boolean {
  if (isChanged()) collectAll();
  if (news.length > 0) learn();
  const found = hasStrays;
  hasStrays = false;
  return found;
}
