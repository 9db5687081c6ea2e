/** The subjects of linearizability: every model by the general search and by every specialist there is. */
import type { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import {
  fifoQueue,
  priorityQueue,
  stack,
  unorderedQueue,
} from "../../src/check/objects/collections.ts";
import { uniqueTexts } from "../../src/check/objects/appended-texts.ts";
import { uniqueBag, uniquePriorityQueue, uniqueQueue } from "../../src/check/objects/elements.ts";
import { checkLinearizable } from "../../src/check/objects/linearizable.ts";
import { mutex, readWriteLock, reentrantMutex, semaphore } from "../../src/check/objects/locks.ts";
import { cell } from "../../src/check/objects/cells.ts";
import { counter, multiRegister } from "../../src/check/objects/maps.ts";
import type { Model } from "../../src/check/objects/model.ts";
import { register } from "../../src/check/objects/registers.ts";
import { growingSet, set } from "../../src/check/objects/sets.ts";
import type { Specialist } from "../../src/check/objects/specialist.ts";
import { uniqueStack } from "../../src/check/objects/stack-laminar.ts";
import { uniqueRegister } from "../../src/check/objects/zones.ts";
import { findChecker } from "../../src/check/registry.ts";
import type { History, Operation } from "../../src/history/operation.ts";
import {
  cellReference,
  collectionReference,
  counterReference,
  lockReference,
  multiRegisterReference,
  registerReference,
  setReference,
  textReference,
  type Reference,
} from "./references.ts";
import {
  atOtherTimes,
  before,
  beforeInSession,
  breakByForce,
  simulate,
  withChanged,
} from "./simulate.ts";
import type { Subject } from "./suite.ts";

function bySearch(model: unknown, history: History): string {
  return checkLinearizable(history, model as Model, { budget: new Budget() }).verdict.result;
}

function bySpecialist(specialist: Specialist, history: History): string {
  const said = specialist.decide(history.operations, undefined)?.result;
  return said === "linearizable" ? "holds" : said === "not" ? "violated" : "unknown";
}

/** Small histories that the referee proves broken. */
function refereed(
  name: string,
  reference: Reference,
  judge: (history: History) => string,
  lost: number,
): Subject {
  const make = (prng: Prng): History =>
    simulate(reference, prng, {
      processes: prng.between(2, 4),
      operations: prng.between(6, 11),
      lost,
    });
  return {
    name,
    valid: make,
    broken: (prng) => breakByForce(reference, prng, make(prng)),
    judge,
  };
}

/** The same at the level sequential: the sessions' orders count, the clock does not. */
function sequentially(name: string, reference: Reference): Subject {
  const make = (prng: Prng): History => {
    const shape = { processes: prng.between(2, 4), operations: prng.between(5, 9), lost: 0.1 };
    return atOtherTimes(prng, simulate(reference, prng, shape));
  };
  const settings = name === "semaphore" ? { permits: 2 } : {};
  return {
    name: `${name}, sequentially consistent`,
    valid: make,
    broken: (prng) => breakByForce(reference, prng, make(prng), beforeInSession),
    judge: (history) =>
      findChecker(name, "sequential").check(history, {
        level: "sequential",
        budget: new Budget(),
        settings,
      }).verdict.result,
  };
}

type Break = (prng: Prng, history: History) => History | undefined;

/** Larger histories, broken by a pattern that the object's definition forbids. */
function patterned(
  name: string,
  reference: Reference,
  judge: (history: History) => string,
  breaks: readonly Break[],
): Subject {
  const make = (prng: Prng): History =>
    simulate(reference, prng, {
      processes: prng.between(2, 8),
      operations: prng.between(30, 120),
      lost: 0,
    });
  return { name, valid: make, broken: (prng) => prng.pick(breaks)(prng, make(prng)), judge };
}

/** A random element of those that satisfy, if any does. */
function pickWhere<T>(prng: Prng, items: readonly T[], test: (item: T) => boolean): T | undefined {
  const found = items.filter(test);
  return found.length > 0 ? prng.pick(found) : undefined;
}

/** A read gets a value that had been overwritten before the read began. */
const staleRead: Break = (prng, history) => {
  const { operations } = history;
  const read = prng.pick(operations.filter(({ f }) => f === "read"));
  const newer = pickWhere(prng, operations, (one) => one.f === "write" && before(one, read));
  if (!newer) return undefined;
  const older = pickWhere(prng, operations, (one) => one.f === "write" && before(one, newer));
  return withChanged(history, read, { output: older ? older.input : null });
};

/** A read gets a value that is written only after it. */
const futureRead: Break = (prng, history) => {
  const { operations } = history;
  const write = prng.pick(operations.filter(({ f }) => f === "write"));
  const read = pickWhere(prng, operations, (one) => one.f === "read" && before(one, write));
  return read && withChanged(history, read, { output: write.input });
};

interface Stay {
  readonly put: Operation;
  readonly take: Operation;
}

/** The elements that went in and came out, with both operations. */
function staysOf({ operations }: History): Stay[] {
  const puts = new Map(
    operations.filter(({ input }) => input !== null).map((one) => [one.input, one]),
  );
  return operations.flatMap((take) => {
    const put = take.input === null && take.output !== null ? puts.get(take.output) : undefined;
    return put ? [{ put, take }] : [];
  });
}

/** Two elements come out in each other's place, where `wrong` says that their order was forced. */
function swapped(wrong: (first: Stay, second: Stay) => boolean): Break {
  return (prng, history) => {
    const stays = prng.shuffle(staysOf(history)).slice(0, 30);
    for (const first of stays) {
      const second = stays.find((other) => other !== first && wrong(first, other));
      if (!second) continue;
      const changed = { ...second.take, output: first.take.output };
      const once = withChanged(history, first.take, { output: second.take.output });
      const target = once.operations[second.take.index] as Operation;
      return withChanged(once, target, { output: changed.output });
    }
    return undefined;
  };
}

/** An element comes out twice. */
const takenTwice: Break = (prng, history) => {
  const stays = staysOf(history);
  const one = pickWhere(prng, stays, () => true);
  const other = pickWhere(
    prng,
    history.operations,
    (take) => take.input === null && take !== one?.take,
  );
  return one && other && withChanged(history, other, { output: one.take.output });
};

/** A take finds nothing, though an element is in for certain all the while. */
const falselyEmpty: Break = (prng, history) => {
  const stays = staysOf(history);
  const take = pickWhere(prng, history.operations, (one) => one.input === null);
  const inside = stays.some(
    (stay) => take && stay.take !== take && before(stay.put, take) && before(take, stay.take),
  );
  return take && inside && take.output !== null
    ? withChanged(history, take, { output: null })
    : undefined;
};

const inOrder = (...operations: readonly Operation[]): boolean =>
  operations.every((one, at) => at === 0 || before(operations[at - 1] as Operation, one));

/** Two reads of one epoch change their answers: the one that ended first shows more. */
const lessThanBefore: Break = (prng, history) => {
  const reads = prng.shuffle(history.operations.filter(({ f, output }) => f === "get" && output));
  for (const [i, one] of reads.slice(0, 20).entries()) {
    const other = reads
      .slice(i + 1)
      .find(
        ({ output, ...it }) =>
          String(output).startsWith(String(one.output)) &&
          output !== one.output &&
          before(one, it as Operation),
      );
    if (!other) continue;
    const once = withChanged(history, one, { output: other.output });
    return withChanged(once, once.operations[other.index] as Operation, { output: one.output });
  }
  return undefined;
};

/** A read shows an append that began only after it had ended. */
const earlyAppend: Break = (prng, history) => {
  const read = prng.pick(history.operations.filter(({ f }) => f === "get"));
  const append = pickWhere(
    prng,
    history.operations,
    (one) => one.f === "append" && before(read, one),
  );
  return append && withChanged(history, read, { output: `${read.output}${append.input}` });
};

/** A read misses an element whose add had ended before it began. */
const missingElement: Break = (prng, history) => {
  const read = prng.pick(history.operations.filter(({ f }) => f === "read"));
  const add = pickWhere(prng, history.operations, (one) => one.f === "add" && before(one, read));
  const items = read.output as number[];
  return add && withChanged(history, read, { output: items.filter((item) => item !== add.input) });
};

/** A read has an element whose add begins only after it ended. */
const earlyElement: Break = (prng, history) => {
  const read = prng.pick(history.operations.filter(({ f }) => f === "read"));
  const add = pickWhere(prng, history.operations, (one) => one.f === "add" && before(read, one));
  return add && withChanged(history, read, { output: [...(read.output as number[]), add.input] });
};

const onlySafe = (breaks: readonly Break[]): readonly Break[] =>
  breaks.map((one) => (prng, history) => {
    const kinds = new Set(history.operations.map(({ f }) => f));
    return kinds.size < 2 ? undefined : one(prng, history);
  });

const models: readonly (readonly [name: string, reference: Reference, model: unknown])[] = [
  ["register", registerReference(false, false), register()],
  ["cas-register", registerReference(false, true), register()],
  ["multi-register", multiRegisterReference, multiRegister()],
  ["map", cellReference, cell],
  ["counter", counterReference, counter],
  ["set", setReference(true), set],
  ["fifo-queue", collectionReference("fifo-queue", false), fifoQueue()],
  ["stack", collectionReference("stack", false), stack()],
  ["priority-queue", collectionReference("priority-queue", false), priorityQueue()],
  ["unordered-queue", collectionReference("unordered-queue", false), unorderedQueue()],
  ["mutex", lockReference("mutex"), mutex()],
  ["owner-mutex", lockReference("owner-mutex"), mutex({ owners: true })],
  ["reentrant-mutex", lockReference("reentrant-mutex"), reentrantMutex],
  ["semaphore", lockReference("semaphore"), semaphore(2)],
  ["rw-lock", lockReference("rw-lock"), readWriteLock],
];

const queueBreak = swapped((a, b) => inOrder(a.put, b.put) && inOrder(a.take, b.take));
const stackBreak = swapped((b, a) => inOrder(a.put, b.put, b.take, a.take));
const priorityBreak = swapped(
  (a, b) => (a.put.input as number) < (b.put.input as number) && inOrder(a.put, a.take, b.take),
);

const specialists: readonly (readonly [Specialist, Reference, readonly Break[]])[] = [
  [uniqueRegister, registerReference(true, false), [staleRead, futureRead]],
  [uniqueBag, collectionReference("unordered-queue", true), [takenTwice, falselyEmpty]],
  [uniqueQueue, collectionReference("fifo-queue", true), [queueBreak, takenTwice, falselyEmpty]],
  [uniqueStack, collectionReference("stack", true), [stackBreak, takenTwice, falselyEmpty]],
  [
    uniquePriorityQueue,
    collectionReference("priority-queue", true),
    [priorityBreak, takenTwice, falselyEmpty],
  ],
  [growingSet, setReference(false), [missingElement, earlyElement]],
  [uniqueTexts, textReference(true), [lessThanBefore, earlyAppend]],
];

/** Every subject of this file. */
export const objectSubjects: readonly Subject[] = [
  ...models.map(([name, reference, model]) =>
    refereed(`${name}, search`, reference, (history) => bySearch(model, history), 0.1),
  ),
  ...models.map(([name, reference]) => sequentially(name, reference)),
  refereed(
    "map of repeated texts",
    textReference(false),
    (history) =>
      checkLinearizable(history, cell as Model, {
        budget: new Budget(),
        specialists: [uniqueTexts],
      }).verdict.result,
    0.1,
  ),
  ...specialists.flatMap(([specialist, reference, breaks]) => [
    refereed(
      `${specialist.name}, small`,
      reference,
      (history) => bySpecialist(specialist, history),
      0,
    ),
    patterned(
      `${specialist.name}, large`,
      reference,
      (history) => bySpecialist(specialist, history),
      onlySafe(breaks),
    ),
  ]),
];
