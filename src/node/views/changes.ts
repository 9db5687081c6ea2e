/** What a process changed of the built-ins that all processes share: put in place, and put away. */
import {
  defineProperty,
  deleteProperty,
  getPrototypeOf,
  hasOwn,
  isSame,
  isSameProperty,
  plain,
  read,
  setPrototypeOf,
} from "./safe.ts";

/** One property that a program changed. */
export interface Change {
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

/** Makes a property that is as `from` as `to`; a mere assignment where that does it. */
export function put(
  object: object,
  key: PropertyKey,
  from: PropertyDescriptor | undefined,
  to: PropertyDescriptor | undefined,
): void {
  if (to === undefined) {
    remove(object, key, from);
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

/**
 * Takes a property away. To delete one from an object that others inherit from, V8 makes it a dictionary, and
 * at once an object again, which costs microseconds; bluebird adds to `Error`, and paid that at each turn. A
 * change of attributes makes it a dictionary, too, and leaves it one: from then on, names come and go for a
 * tenth of that. Only `Error` has to be one: nobody takes anything from it in a hurry.
 */
function remove(object: object, key: PropertyKey, from: PropertyDescriptor | undefined): void {
  if (object === RealError) {
    flipped.enumerable = from?.enumerable !== true;
    defineProperty(object, key, flipped);
  }
  deleteProperty(object, key);
}

// The name is a program's to assign to.
const RealError = Error;
const flipped: PropertyDescriptor = plain({});

/** Puts in place what a process changed. */
export function install({ changes, parents }: View): void {
  for (let i = 0; i < changes.length; i++) {
    const { object, key, pristine, mine } = changes[i] as Change;
    put(object, key, pristine, mine);
  }
  for (let i = 0; i < parents.length; i++) {
    setPrototypeOf((parents[i] as { object: object }).object, parents[i]!.mine);
  }
}

/** Whether a data property still holds what it held, and not because it is inherited. */
function holds({ object, key, mine }: Change): boolean {
  if (!hasOwn(object, key)) return false;
  return isSame((object as Record<PropertyKey, unknown>)[key], mine?.value);
}

/**
 * A process is left: what it changed is noted as it is by now, and undone. Unless something was defined, only
 * assignments and deletions have to be expected.
 */
export function withdraw({ changes, parents }: View, wasDefined: boolean): void {
  let kept = 0;
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i] as Change;
    const { object, key, pristine } = change;
    if (wasDefined || change.mine?.writable !== true || !holds(change)) {
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
