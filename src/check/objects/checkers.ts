/** The checkers of this folder, as the registry lists them: one for each model of an object. */
import { LightconeError } from "../../base/errors.ts";
import type { History, Operation } from "../../history/operation.ts";
import { Budget } from "../budget.ts";
import type { Checker, CheckOptions, CheckResult } from "../checker.ts";
import { checkAppendLog } from "./append-log.ts";
import { uniqueTexts } from "./appended-texts.ts";
import { checkBank } from "./bank.ts";
import { cell } from "./cells.ts";
import { fifoQueue, priorityQueue, stack, unorderedQueue } from "./collections.ts";
import { isTake, uniqueBag, uniquePriorityQueue, uniqueQueue } from "./elements.ts";
import { checkLinearizable } from "./linearizable.ts";
import { mutex, readWriteLock, reentrantMutex, semaphore } from "./locks.ts";
import { counter, multiRegister } from "./maps.ts";
import { describeOperation, keyOf, type Model } from "./model.ts";
import { register } from "./registers.ts";
import { elementwise, growingSet, set } from "./sets.ts";
import type { Specialist } from "./specialist.ts";
import { uniqueStack } from "./stack-laminar.ts";
import {
  checkComments,
  checkLeaderElection,
  checkSetFull,
  checkTotalQueue,
  checkUniqueIds,
} from "./tallies.ts";
import { uniqueRegister } from "./zones.ts";

/** Reads the settings of a check by name. Rejects settings that the model does not support. */
function setting<T extends string>(
  options: CheckOptions,
  name: string,
  values: readonly T[],
): T | undefined {
  const value = options.settings?.[name];
  if (value === undefined) return undefined;
  if (values.includes(value as T)) return value as T;
  throw new LightconeError(
    "LC_BAD_SETTING",
    `${name}: ${JSON.stringify(value)} is none of ${values.join(", ")}`,
  );
}

function numberSetting(options: CheckOptions, name: string): number | undefined {
  const value = options.settings?.[name];
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  throw new LightconeError("LC_BAD_SETTING", `${name}: ${JSON.stringify(value)} is not a number`);
}

/** Used to query a model without judging anything. */
const noBudget = new Budget();

interface ObjectChecker {
  readonly model: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** The operations that the model supports; a history with others is rejected. */
  readonly operations: readonly string[];
  /** Those whose answers can be wrong, if not all can. A history without any of them is always valid. */
  readonly answers?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
  readonly specialists?: readonly Specialist[];
  /** For Knossos' dialect: whether an operation is without effect on the judgement. */
  readonly saysNothing?: (operation: Operation) => boolean;
  modelOf(options: CheckOptions, history: History): Model<never>;
}

/** A checker of linearizability. */
function linearizable(checker: ObjectChecker): Checker {
  const { model, aliases, summary, operations, answers, settings, specialists, modelOf } = checker;
  const known = new Set(operations);
  return {
    model,
    ...(aliases ? { aliases } : {}),
    summary,
    levels: ["linearizable"],
    defaultLevel: "linearizable",
    operations,
    answers: answers ?? operations,
    ...(settings ? { settings } : {}),
    describe: (operation) =>
      describeOperation(modelOf({ budget: noBudget }, { operations: [] }), operation),
    check(history, options): CheckResult {
      refuseSettings(checker, options);
      refuseOperations(model, known, history);
      const said =
        checker.saysNothing && isKnossos(options)
          ? { operations: history.operations.filter((it) => !checker.saysNothing?.(it)) }
          : history;
      return checkLinearizable(said, modelOf(options, said), {
        budget: options.budget,
        initial: options.initial,
        decideOnly: options.decideOnly,
        ...(specialists ? { specialists } : {}),
      });
    },
  };
}

function refuseSettings(
  { model, settings }: { model: string; settings?: Readonly<Record<string, string>> },
  options: CheckOptions,
): void {
  for (const name of Object.keys(options.settings ?? {})) {
    if (settings && Object.hasOwn(settings, name)) continue;
    const names = Object.keys(settings ?? {});
    throw new LightconeError(
      "LC_BAD_SETTING",
      `the model ${model} has no setting ${JSON.stringify(name)}`,
      names.length > 0 ? `It has: ${names.join(", ")}.` : "It has none.",
    );
  }
}

function refuseOperations(model: string, known: ReadonlySet<string>, history: History): void {
  const odd = history.operations.find(({ f }) => !known.has(f));
  if (!odd) return;
  throw new LightconeError(
    "LC_NOT_THIS_MODEL",
    `operation ${odd.index} is ${JSON.stringify(odd.f)}, which a ${model} does not have`,
    `A ${model} has: ${[...known].join(", ")}.`,
  );
}

/** A checker that does not need to find an order. */
function tally(
  checker: {
    readonly model: string;
    readonly aliases?: readonly string[];
    readonly summary: string;
    readonly answers?: readonly string[];
    readonly settings?: Readonly<Record<string, string>>;
  },
  check: (history: History, options: CheckOptions) => CheckResult,
): Checker {
  return {
    ...checker,
    levels: ["complete"],
    defaultLevel: "complete",
    check(history, options): CheckResult {
      refuseSettings(checker, options);
      return check(history, options);
    },
  };
}

const dialect = "knossos: an answer of nil says nothing, an unanswered take takes nothing";
const isKnossos = (options: CheckOptions): boolean =>
  setting(options, "dialect", ["knossos"]) === "knossos";

const nilReads = (options: CheckOptions): { nilReads: "anything" | "nil" } => ({
  nilReads: isKnossos(options) ? "anything" : "nil",
});
const isLostTake = ({ f, outcome }: Operation): boolean => isTake(f) && outcome === "info";

const queueOperations = [
  "enqueue",
  "dequeue",
  "put",
  "take",
  "offer",
  "poll",
  "send",
  "receive",
  "push",
  "pop",
];

const takes = queueOperations.filter(isTake);

/** In the order in which `lightcone check --help` shows them. */
export const objectCheckers: readonly Checker[] = [
  linearizable({
    model: "register",
    aliases: ["cas-register"],
    summary: "a register: read, write, cas [from to]",
    operations: ["read", "write", "cas"],
    answers: ["read", "cas"],
    settings: { dialect },
    specialists: [uniqueRegister],
    saysNothing: ({ f, output }) => f === "read" && (output ?? null) === null,
    modelOf: () => register() as Model<never>,
  }),
  linearizable({
    model: "multi-register",
    summary: "several registers, read and written in transactions",
    operations: ["txn", "read", "write"],
    settings: { dialect },
    modelOf: (options) => multiRegister(nilReads(options)) as Model<never>,
  }),
  linearizable({
    model: "map",
    aliases: ["kv"],
    summary: "a map, each key on its own: get, put, append, delete, cas",
    operations: ["get", "put", "append", "delete", "remove", "read", "write", "set", "cas"],
    answers: ["get", "read", "cas"],
    specialists: [uniqueTexts],
    modelOf: () => cell as Model<never>,
  }),
  linearizable({
    model: "counter",
    summary: "a counter: add n, inc, dec, read",
    operations: ["add", "inc", "increment", "dec", "decrement", "subtract", "read"],
    modelOf: () => counter as Model<never>,
  }),
  linearizable({
    model: "set",
    summary: "a set: add, remove, contains, read (all of it)",
    operations: ["add", "remove", "contains", "read"],
    settings: { dialect },
    specialists: [growingSet],
    modelOf: (_, history) =>
      (elementwise(history.operations)
        ? { ...set, partition: ({ input }: { input: unknown }) => keyOf(input) }
        : set) as Model<never>,
  }),
  tally(
    {
      model: "set-full",
      summary:
        "a set that is added to and read: lost, stale and duplicate elements (Jepsen's set-full)",
      answers: ["read"],
      settings: { linearizable: "true: once known, an element must be in every later read" },
    },
    (history, options) =>
      checkSetFull(history, {
        linearizable: setting(options, "linearizable", ["true", "false"]) === "true",
      }),
  ),
  linearizable({
    model: "fifo-queue",
    aliases: ["queue"],
    summary: "a queue, first in first out: enqueue, dequeue (nil when empty)",
    operations: queueOperations,
    answers: takes,
    settings: { dialect },
    specialists: [uniqueQueue],
    saysNothing: isLostTake,
    modelOf: (_, { operations }) => fifoQueue(operations) as Model<never>,
  }),
  linearizable({
    model: "unordered-queue",
    aliases: ["bag"],
    summary: "a queue that gives any of its elements",
    operations: queueOperations,
    answers: takes,
    settings: { dialect },
    specialists: [uniqueBag],
    saysNothing: isLostTake,
    modelOf: () => unorderedQueue() as Model<never>,
  }),
  linearizable({
    model: "priority-queue",
    summary: "a queue that gives its smallest element: insert, extract",
    operations: [...queueOperations, "insert", "extract", "extract-min", "delete-min"],
    answers: [...takes, "extract", "extract-min", "delete-min"],
    settings: { dialect },
    specialists: [uniquePriorityQueue],
    saysNothing: isLostTake,
    modelOf: () => priorityQueue() as Model<never>,
  }),
  tally(
    {
      model: "total-queue",
      summary: "what goes in comes out, sooner or later (Jepsen's total-queue)",
      answers: [...queueOperations, "drain"],
      settings: { duplicates: "forbid: nothing may come out twice" },
    },
    (history, options) =>
      checkTotalQueue(history, {
        duplicates: setting(options, "duplicates", ["forbid", "allow"]) !== "forbid",
      }),
  ),
  linearizable({
    model: "stack",
    summary: "a stack, last in first out: push, pop (nil when empty)",
    operations: queueOperations,
    answers: takes,
    settings: { dialect },
    specialists: [uniqueStack],
    saysNothing: isLostTake,
    modelOf: () => stack() as Model<never>,
  }),
  linearizable({
    model: "mutex",
    summary: "a lock: acquire, release by anyone (Knossos' mutex)",
    operations: ["acquire", "release"],
    settings: { dialect },
    modelOf: () => mutex() as Model<never>,
  }),
  linearizable({
    model: "owner-mutex",
    summary: "a lock that only its holder (the process) releases",
    operations: ["acquire", "release"],
    modelOf: () => mutex({ owners: true }) as Model<never>,
  }),
  linearizable({
    model: "reentrant-mutex",
    summary: "a lock that its holder may acquire again",
    operations: ["acquire", "release"],
    modelOf: () => reentrantMutex as Model<never>,
  }),
  linearizable({
    model: "semaphore",
    summary: "a number of permits: acquire [n], release [n]",
    operations: ["acquire", "release"],
    settings: { permits: "how many there are (default 1)" },
    modelOf: (options) => semaphore(numberSetting(options, "permits") ?? 1) as Model<never>,
  }),
  linearizable({
    model: "rw-lock",
    aliases: ["read-write-lock"],
    summary: "many readers or one writer: read-acquire, read-release, write-acquire, write-release",
    operations: [
      "acquire",
      "release",
      "read-acquire",
      "acquire-read",
      "read-lock",
      "read-release",
      "release-read",
      "read-unlock",
      "write-acquire",
      "acquire-write",
      "write-lock",
      "write-release",
      "release-write",
      "write-unlock",
    ],
    modelOf: () => readWriteLock as Model<never>,
  }),
  tally(
    {
      model: "leader-election",
      summary: "one leader a term: answers {term, leader} or [term leader]",
    },
    checkLeaderElection,
  ),
  tally(
    {
      model: "log",
      aliases: ["append-log", "kafka"],
      summary:
        "an append-only log (Kafka-like): lost, duplicated, reordered records, polls that go back",
      answers: ["poll"],
    },
    checkAppendLog,
  ),
  tally(
    {
      model: "bank",
      summary: "transfers keep the total: reads of all accounts",
      answers: ["read"],
      settings: {
        total: "the total (default: that of the first read)",
        negative: "allow: balances may be negative",
      },
    },
    (history, options) =>
      checkBank(history, {
        total: numberSetting(options, "total"),
        negative: setting(options, "negative", ["allow", "forbid"]) === "allow",
      }),
  ),
  tally({ model: "unique-ids", summary: "every id given out is a new one" }, checkUniqueIds),
  tally(
    {
      model: "comments",
      summary: "who sees a write sees all that completed before it began",
      answers: ["read"],
    },
    checkComments,
  ),
];
