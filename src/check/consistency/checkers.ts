/** The checkers of this folder, as the registry lists them. */
import { LightconeError } from "../../base/errors.ts";
import { parseDurationNs, type Duration } from "../../base/units.ts";
import { BudgetSpent } from "../budget.ts";
import type { CheckOptions, Checker, CheckResult } from "../checker.ts";
import { chooseLevel, rulingOf } from "../levels.ts";
import type { History, Operation } from "../../history/operation.ts";
import { fieldNameOf } from "../../history/values.ts";
import { fifoQueue, priorityQueue, stack, unorderedQueue } from "../objects/collections.ts";
import { mutex, readWriteLock, reentrantMutex, semaphore } from "../objects/locks.ts";
import { cell } from "../objects/cells.ts";
import { counter, multiRegister } from "../objects/maps.ts";
import { keyOf, type Model } from "../objects/model.ts";
import { register } from "../objects/registers.ts";
import { set } from "../objects/sets.ts";
import { checkWeakLevel, weakLevels } from "./check.ts";
import { checkSequentialModel } from "./sequential-model.ts";
import { checkStaleness } from "./staleness.ts";

const summary = "the weaker levels, from sequential to eventual, of reads and writes";

function durationNs(settings: CheckOptions["settings"], name: string): number | undefined {
  const value = settings?.[name];
  return value === undefined ? undefined : parseDurationNs(value as Duration, name);
}

function versionsOf(settings: CheckOptions["settings"]): number | undefined {
  const value = settings?.["versions"];
  if (value === undefined) return undefined;
  const versions = Number(value);
  if (Number.isInteger(versions) && versions >= 1) return versions;
  throw new LightconeError(
    "LC_BAD_SETTING",
    `versions: ${JSON.stringify(value)} is not a number of versions`,
    "Write 1 for the newest alone, 2 for the newest two, and so on.",
  );
}

function boundedStaleness(history: History, options: CheckOptions): CheckResult {
  const stalenessNs = durationNs(options.settings, "staleness");
  const versions = versionsOf(options.settings);
  if (stalenessNs === undefined && versions === undefined) {
    throw new LightconeError(
      "LC_NO_BOUND",
      "bounded-staleness needs its bound",
      "Say how stale a read may be: --set staleness=5s, or --set versions=2.",
    );
  }
  const result = checkStaleness(
    history,
    { stalenessNs, versions },
    { budget: options.budget, initial: options.initial },
  );
  if (result.verdict.result !== "violated") return result;
  const evidence = result.verdict.evidence.map((one) => ({
    ...one,
    anomaly: "stale-beyond-bound",
  }));
  return {
    ...result,
    verdict: { ...result.verdict, evidence, ...rulingOf(["bounded-staleness"]) },
  };
}

/** Converts one initial value for all keys, or one for each key, to a function. */
function initialsOf(given: unknown, keyed: boolean): (key: unknown) => unknown {
  if (!keyed || typeof given !== "object" || given === null) return () => given;
  if (given instanceof Map) {
    const table = new Map(
      [...(given as Map<unknown, unknown>)].map(([key, value]) => [keyOf(key), value]),
    );
    return (key) => table.get(keyOf(key));
  }
  const fields = new Map<string, unknown>(Object.entries(given));
  return (key) => fields.get(fieldNameOf(key));
}

/** Every level that these checkers decide. */
const offered: readonly string[] = [...weakLevels, "bounded-staleness"];

/** The model that decides `sequential` for a history with more than reads and writes of single keys. */
function modelFor(model: string): Model {
  if (model === "multi-register") return multiRegister() as Model;
  return (
    model === "map" ? { ...cell, partition: partOf } : { ...register(), partition: partOf }
  ) as Model;
}

const partOf = ({ key }: Operation): unknown => key;

/** Models for which only the strongest of these levels is judged, by search. */
const searched: readonly (readonly [
  name: string,
  aliases: readonly string[],
  modelOf: (settings: CheckOptions["settings"]) => unknown,
])[] = [
  ["counter", [], () => counter],
  ["set", [], () => set],
  ["fifo-queue", ["queue"], () => fifoQueue()],
  ["unordered-queue", ["bag"], () => unorderedQueue()],
  ["priority-queue", [], () => priorityQueue()],
  ["stack", [], () => stack()],
  ["mutex", [], () => mutex()],
  ["owner-mutex", [], () => mutex({ owners: true })],
  ["reentrant-mutex", [], () => reentrantMutex],
  ["semaphore", [], (settings) => semaphore(Number(settings?.["permits"] ?? 1))],
  ["rw-lock", ["read-write-lock"], () => readWriteLock],
];

function searchedChecker([model, aliases, modelOf]: (typeof searched)[number]): Checker {
  return {
    model,
    aliases,
    summary: "sequential consistency, by a search over the orders that respect every session",
    levels: ["sequential"],
    defaultLevel: "sequential",
    ...(model === "semaphore" ? { settings: { permits: "how many there are (default 1)" } } : {}),
    check(history, { settings, initial, budget }) {
      const judged = { ...(modelOf(settings) as Model), partition: partOf };
      const verdict = checkSequentialModel(history, judged, initial, budget);
      return { verdict, details: { operations: history.operations.length } };
    },
  };
}

/**
 * Whether every operation is a read, a write or a compare-and-set of one key that is known to have
 * succeeded.
 */
function isReadWrite(history: History): boolean {
  return history.operations.every(({ f, input, output, outcome }) => {
    if (outcome === "fail" || f === "read" || f === "get") return !isMicroList(input);
    if (f === "cas") return outcome === "ok" && output !== false;
    return (f === "write" || f === "put" || f === "set") && !isMicroList(input);
  });
}

function isMicroList(input: unknown): boolean {
  return Array.isArray(input) && Array.isArray(input[0]);
}

const weakSettings: Readonly<Record<string, string>> = {
  staleness: "bounded-staleness: how old a version may be, such as 5s",
  versions: "bounded-staleness: how many of the newest versions may be read",
  calm: "eventual: how long after a key's last write reads count (default: each session's last read)",
  dialect: "knossos: an answer of nil says nothing",
};

/** Throws `LC_BAD_SETTING` for settings that these checkers do not support. */
function refuseSettings(settings: CheckOptions["settings"]): void {
  const odd = Object.keys(settings ?? {}).find((name) => !Object.hasOwn(weakSettings, name));
  const dialect = settings?.["dialect"];
  if (odd === undefined && (dialect === undefined || dialect === "knossos")) return;
  throw new LightconeError(
    "LC_BAD_SETTING",
    odd === undefined
      ? `dialect: ${JSON.stringify(dialect)} is none of knossos`
      : `the weak levels have no setting ${JSON.stringify(odd)}`,
    `They have: ${Object.keys(weakSettings).join(", ")}.`,
  );
}

/** Knossos treats a read that returned nil as a read with an unknown answer. */
function withoutNilReads({ operations }: History): History {
  return {
    operations: operations.filter(
      ({ f, output }) => !((f === "read" || f === "get") && (output ?? null) === null),
    ),
  };
}

function weakChecker(model: string, aliases: readonly string[], keyed: boolean): Checker {
  return {
    model,
    aliases,
    summary,
    levels: offered,
    defaultLevel: "sequential",
    settings: weakSettings,
    check(given, options) {
      refuseSettings(options.settings);
      const history = options.settings?.["dialect"] ? withoutNilReads(given) : given;
      const level = chooseLevel(options.level ?? "sequential", offered) ?? "sequential";
      if (level === "bounded-staleness") return boundedStaleness(history, options);
      if (level === "sequential" && !isReadWrite(history)) {
        const { initial, budget } = options;
        return { verdict: checkSequentialModel(history, modelFor(model), initial, budget) };
      }
      const calmNs = durationNs(options.settings, "calm");
      const initialOf = initialsOf(options.initial, keyed);
      try {
        const verdict = checkWeakLevel(history, level, {
          budget: options.budget,
          initialOf,
          calmNs,
        });
        return { verdict, details: { level, operations: history.operations.length } };
      } catch (error) {
        if (!(error instanceof BudgetSpent)) throw error;
        return { verdict: { result: "unknown", why: error.message } };
      }
    },
  };
}

/** In the order in which `lightcone check --help` shows them. */
export const consistencyCheckers: readonly Checker[] = [
  weakChecker("register", [], false),
  weakChecker("cas-register", [], false),
  weakChecker("map", ["kv"], true),
  weakChecker("multi-register", [], true),
  ...searched.map(searchedChecker),
];
