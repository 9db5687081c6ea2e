/**
 * `Error.stackTraceLimit` as a program has it. V8 records more frames than that: below a program's
 * frames are the simulator's, and behind those the frames of awaiting callers, which come last.
 * Programs read and set the property through an object of their own (`source/transform.ts`).
 */

/** Node's own limit. */
const LIMIT = 10;
/** How many more frames V8 records. */
const EXTRA_FRAMES = 30;

/** The limit that V8 has unless a program changes it. */
export const RECORDED_LIMIT: number = LIMIT + EXTRA_FRAMES;

const RealError = Error;

let currentProcess: () => object | undefined = () => undefined;

/** Sets the function that returns the running process. */
export function setTraceProcess(find: () => object | undefined): void {
  currentProcess = find;
}

let limits = new WeakMap<object, { stackTraceLimit?: unknown }>();
let owners = new WeakMap<object, object>();

/** Forgets what the processes of a run have set. */
export function forgetTraceLimits(): void {
  limits = new WeakMap();
  owners = new WeakMap();
}

function limitOf(process: object): { stackTraceLimit?: unknown } {
  let limit = limits.get(process);
  if (limit === undefined) {
    limit = { stackTraceLimit: LIMIT };
    limits.set(process, limit);
  }
  return limit;
}

/** Returns how many frames V8 is to record so that a program sees `limit` of its own. */
function recordedFor(limit: unknown): unknown {
  return typeof limit === "number" && limit > 0 ? limit + EXTRA_FRAMES : limit;
}

/** Returns the object whose property `stackTraceLimit` a program means: for `Error`, its own. */
export function traceLimitOwner(value: unknown): unknown {
  if (value !== RealError) return value;
  const process = currentProcess();
  if (process === undefined) return value;
  let owner = owners.get(process);
  if (owner === undefined) {
    owner = new Proxy(limitOf(process), handler);
    owners.set(process, owner);
  }
  return owner;
}

const handler: ProxyHandler<{ stackTraceLimit?: unknown }> = {
  set(limit, _name, value: unknown) {
    limit.stackTraceLimit = value;
    (RealError as { stackTraceLimit?: unknown }).stackTraceLimit = recordedFor(value);
    return true;
  },
  deleteProperty(limit) {
    delete limit.stackTraceLimit;
    return Reflect.deleteProperty(RealError, "stackTraceLimit");
  },
};

/** Returns the descriptor of the property as a program is to see it, given V8's. */
export function describeTraceLimit(recorded: PropertyDescriptor): PropertyDescriptor {
  const process = currentProcess();
  if (process === undefined) return recorded;
  const { stackTraceLimit: limit } = limitOf(process);
  return recorded.value === recordedFor(limit) ? { ...recorded, value: limit } : recorded;
}

const { apply } = Reflect;

/** Whether `Error` is among `values`: a program may have broken the methods of arrays for itself. */
function hasError(values: readonly unknown[]): boolean {
  for (let at = 0; at < values.length; at++) if (values[at] === RealError) return true;
  return false;
}

/**
 * Calls `print`, which is Node's own code, with values of the running process. A program that prints `Error` sees its own
 * limit.
 */
export function withOwnTraceLimit(
  print: (...values: never[]) => unknown,
  values: readonly unknown[],
): unknown {
  const call = (): unknown => apply(print, undefined, values);
  const process = hasError(values) ? currentProcess() : undefined;
  if (process === undefined) return call();
  const recorded = (RealError as { stackTraceLimit?: unknown }).stackTraceLimit;
  const { stackTraceLimit: limit } = limitOf(process);
  if (recorded !== recordedFor(limit)) return call();
  (RealError as { stackTraceLimit?: unknown }).stackTraceLimit = limit;
  try {
    return call();
  } finally {
    (RealError as { stackTraceLimit?: unknown }).stackTraceLimit = recorded;
  }
}

/** Returns the part of an error's frames that its program sees. `recorded` is V8's limit now. */
export function limitFrames<T>(frames: readonly T[], recorded: unknown): readonly T[] {
  const process = currentProcess();
  const { stackTraceLimit: limit } =
    process === undefined ? { stackTraceLimit: LIMIT } : limitOf(process);
  // Node's own library sets the limit of V8 for a moment. A program may do so in evaluated code.
  if (recorded !== recordedFor(limit)) return frames;
  return typeof limit === "number" && limit > 0 ? frames.slice(0, limit) : frames;
}
