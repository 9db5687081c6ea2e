/** Locks: mutex, reentrant mutex, semaphore, read-write lock. Only answered operations are certain. */
import type { Operation } from "../../history/operation.ts";
import { keyOf, show, type Model } from "./model.ts";

/** The owner that the input names, otherwise the process. */
function holderOf({ process, input }: Operation): string {
  const named =
    typeof input === "object" && input !== null && "owner" in input
      ? (input as { owner: unknown }).owner
      : process;
  return typeof named === "number" ? `process ${named}` : show(named);
}

/** Options for a mutex. */
export interface MutexOptions {
  /** Whether only the process that holds it may release it. Knossos' mutex does not check this. */
  readonly owners?: boolean;
}

/** A mutex: `acquire` and `release`. */
export function mutex(options: MutexOptions = {}): Model<string> {
  const nameOf = (operation: Operation): string =>
    options.owners ? holderOf(operation) : "someone";
  return {
    name: options.owners ? "owner-mutex" : "mutex",
    initial: (given) => (given ? "someone" : ""),
    step(holder, operation) {
      if (operation.f === "acquire")
        return holder === "" ? { state: nameOf(operation) } : undefined;
      return holder !== "" && holder === nameOf(operation) ? { state: "" } : undefined;
    },
    hash: (holder) => holder,
    changes: () => true,
    kind: (operation) => `${operation.f} ${nameOf(operation)}`,
    describe: ({ f }) => f,
    show: (holder) => (holder === "" ? "free" : options.owners ? `held by ${holder}` : "held"),
  };
}

interface Hold {
  readonly holder: string;
  readonly count: number;
}

/** A mutex that its holder may acquire repeatedly, and must release equally often. */
export const reentrantMutex: Model<Hold> = {
  name: "reentrant-mutex",
  initial: () => ({ holder: "", count: 0 }),
  step({ holder, count }, operation) {
    const name = holderOf(operation);
    if (operation.f === "acquire") {
      return count === 0 || holder === name
        ? { state: { holder: name, count: count + 1 } }
        : undefined;
    }
    if (count === 0 || holder !== name) return undefined;
    return { state: count === 1 ? { holder: "", count: 0 } : { holder, count: count - 1 } };
  },
  hash: ({ holder, count }) => `${count} ${holder}`,
  changes: () => true,
  kind: (operation) => `${operation.f} ${holderOf(operation)}`,
  describe: ({ f }) => f,
  show: ({ holder, count }) => (count === 0 ? "free" : `held ${count} times by ${holder}`),
};

/**
 * A semaphore: at most `permits` are held at once. The input of an operation is the number of permits it
 * requests.
 */
export function semaphore(permits: number): Model<number> {
  const amount = ({ input }: Operation): number => (typeof input === "number" ? input : 1);
  return {
    name: "semaphore",
    initial: (given) => (typeof given === "number" ? given : permits),
    step(left, operation) {
      const asked = amount(operation);
      if (operation.f === "acquire") return left >= asked ? { state: left - asked } : undefined;
      return left + asked <= permits ? { state: left + asked } : undefined;
    },
    hash: (left) => left,
    changes: (operation) => amount(operation) !== 0,
    kind: (operation) => `${operation.f} ${amount(operation)}`,
    describe: ({ f, input }) => (typeof input === "number" ? `${f} ${input}` : f),
    show: (left) => `${left} of ${permits} free`,
  };
}

interface Readers {
  readonly writer: string;
  /** The readers' names, sorted, each repeated as often as it holds the lock. */
  readonly readers: readonly string[];
}

const sides: Record<string, { readonly side: "read" | "write"; readonly take: boolean }> = {
  "read-acquire": { side: "read", take: true },
  "acquire-read": { side: "read", take: true },
  "read-lock": { side: "read", take: true },
  "read-release": { side: "read", take: false },
  "release-read": { side: "read", take: false },
  "read-unlock": { side: "read", take: false },
  "write-acquire": { side: "write", take: true },
  "acquire-write": { side: "write", take: true },
  "write-lock": { side: "write", take: true },
  "write-release": { side: "write", take: false },
  "release-write": { side: "write", take: false },
  "write-unlock": { side: "write", take: false },
};

/** A read-write lock: many readers or one writer. Also `acquire` and `release` of `"read"` or `"write"`. */
export const readWriteLock: Model<Readers> = {
  name: "rw-lock",
  initial: () => ({ writer: "", readers: [] }),
  step({ writer, readers }, operation) {
    const asked = sideOf(operation);
    if (!asked) return undefined;
    const name = holderOf(operation);
    if (asked.side === "write") {
      if (asked.take)
        return writer === "" && readers.length === 0
          ? { state: { writer: name, readers } }
          : undefined;
      return writer === name ? { state: { writer: "", readers } } : undefined;
    }
    if (asked.take) {
      return writer === "" ? { state: { writer, readers: [...readers, name].sort() } } : undefined;
    }
    const at = readers.indexOf(name);
    return at === -1
      ? undefined
      : { state: { writer, readers: readers.filter((_, i) => i !== at) } };
  },
  hash: ({ writer, readers }) => `${writer}|${readers.join()}`,
  changes: () => true,
  kind: (operation) => `${operation.f} ${keyOf(operation.input)} ${holderOf(operation)}`,
  describe: ({ f, input }) => (typeof input === "string" ? `${f} ${input}` : f),
  show: ({ writer, readers }) =>
    writer !== ""
      ? `written by ${writer}`
      : readers.length > 0
        ? `read by ${show(readers)}`
        : "free",
};

function sideOf({ f, input }: Operation): { side: "read" | "write"; take: boolean } | undefined {
  const known = sides[f];
  if (known) return known;
  const side = input === "read" || input === "shared" ? "read" : "write";
  return f === "acquire" || f === "release" ? { side, take: f === "acquire" } : undefined;
}
