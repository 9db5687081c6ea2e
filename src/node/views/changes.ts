/** A process's changes to the built-ins that all processes share: installing and removing them. */
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

/** A program's restrictions of a shared object, such as making it non-extensible. */
export interface Claims {
  /** Properties that were defined as non-configurable. */
  readonly fixed: Set<PropertyKey>;
  /** True if no properties may be added. */
  closed: boolean;
}

/** A process's view. It is empty for nearly all processes. */
export class View {
  /** @internal */
  changes: Change[] = [];
  /** @internal The prototypes that it set on shared objects, and the original ones. */
  parents: { readonly object: object; readonly pristine: object | null; mine: object | null }[] =
    [];
  /** @internal True until it is installed for the first time. */
  isNew = true;
  /** True until the process is left for the first time. Until then, new names are searched for. */
  young = true;
  /** @internal */
  readonly claims: Map<object, Claims> = new Map();
}

/**
 * Changes a property from state `from` to state `to`, by a plain assignment where that suffices.
 */
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
 * Removes a property. When a property is deleted from an object that others inherit from, V8 turns
 * the object into a dictionary and at once back again, which costs microseconds. bluebird adds to
 * `Error` and incurred that cost in each turn. Changing attributes also turns the object into a
 * dictionary, but permanently: from then on, adding and removing names costs a tenth of that. This
 * is done for `Error` only: reading its properties is not time-critical.
 */
function remove(object: object, key: PropertyKey, from: PropertyDescriptor | undefined): void {
  if (object === RealError) {
    flipped.enumerable = from?.enumerable !== true;
    defineProperty(object, key, flipped);
  }
  deleteProperty(object, key);
}

// Programs may assign to the global name.
const RealError = Error;
const flipped: PropertyDescriptor = plain({});

/** Installs the changes of a process. */
export function install({ changes, parents }: View): void {
  for (let i = 0; i < changes.length; i++) {
    const { object, key, pristine, mine } = changes[i] as Change;
    put(object, key, pristine, mine);
  }
  for (let i = 0; i < parents.length; i++) {
    setPrototypeOf((parents[i] as { object: object }).object, parents[i]!.mine);
  }
}

/** Returns whether a data property still has the same value as its own, not inherited, property. */
function holds({ object, key, mine }: Change): boolean {
  if (!hasOwn(object, key)) return false;
  return isSame((object as Record<PropertyKey, unknown>)[key], mine?.value);
}

/**
 * Called when a process is left: records the current state of its changes and undoes them. Unless
 * something was defined, only assignments and deletions are possible.
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
