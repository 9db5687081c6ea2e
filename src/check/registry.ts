/** Finds a checker by model and level. Each folder of checkers has its own list. */
import { LightconeError } from "../base/errors.ts";
import type { History } from "../history/operation.ts";
import type { Checker } from "./checker.ts";
import { consistencyCheckers } from "./consistency/checkers.ts";
import { chooseLevel } from "./levels.ts";
import { objectCheckers } from "./objects/checkers.ts";
import { refuseShapes } from "./shapes.ts";
import { transactionCheckers } from "./transactions/checkers.ts";
import { isMeaning, namesOf } from "./words.ts";

/** All checkers. A model may appear several times, with different levels. */
export const checkers: readonly Checker[] = [
  ...objectCheckers,
  ...transactionCheckers,
  ...consistencyCheckers,
].map((checker) => ({
  ...checker,
  check(given, options) {
    const history = inModelWords(checker.model, given);
    refuseShapes(checker.model, history);
    try {
      return checker.check(history, options);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // A value has an unexpected shape. Report a message instead of a stack trace.
      throw new LightconeError(
        "LC_BAD_HISTORY",
        `this is no history of a ${checker.model}: ${error.message}`,
      );
    }
  },
}));

/**
 * The operations whose answers a model judges, with all their names. Empty if they may have any name, as
 * for transactions.
 */
export function answersOf(model: string): readonly string[] {
  const known = operationsOf(model);
  const own = checkers.filter((checker) => checker.model === model);
  const answers = own.flatMap((checker) => checker.answers ?? []);
  return [...new Set(answers.flatMap((name) => [name, ...otherNames(name, known)]))];
}

/** The operations that a model supports, at any level. */
function operationsOf(model: string): readonly string[] {
  const own = checkers.filter((checker) => checker.model === model);
  return own.flatMap((checker) => checker.operations ?? []);
}

/** Alternative names of an operation, for a model that does not define any of them itself. */
function otherNames(name: string, known: readonly string[]): readonly string[] {
  const others = isMeaning(name) ? namesOf(name).filter((other) => other !== name) : [];
  return others.some((other) => known.includes(other)) ? [] : others;
}

/** Renames the operations of a history to the names that the model uses. */
function inModelWords(model: string, history: History): History {
  const operations = operationsOf(model);
  const renamed = new Map(
    operations.flatMap((name) => otherNames(name, operations).map((other) => [other, name])),
  );
  if (!history.operations.some(({ f }) => renamed.has(f))) return history;
  return {
    operations: history.operations.map((operation) => {
      const f = renamed.get(operation.f);
      return f === undefined ? operation : { ...operation, f };
    }),
  };
}

/**
 * Returns the checker of `model` at `level` (default: its default level). Throws `LC_NO_MODEL` or
 * `LC_NO_LEVEL`, with a list of the valid names.
 */
export function findChecker(model: string, level?: string): Checker {
  const candidates = checkers.filter(
    (checker) => checker.model === model || checker.aliases?.includes(model),
  );
  const first = candidates[0];
  if (!first) {
    const names = [...new Set(checkers.map((checker) => checker.model))];
    throw new LightconeError(
      "LC_NO_MODEL",
      `no model ${JSON.stringify(model)}`,
      `There are: ${names.join(", ")}.`,
    );
  }
  if (level === undefined) return first;
  const found = candidates.find((checker) => chooseLevel(level, checker.levels) !== undefined);
  if (found) return found;
  const levels = candidates.flatMap((checker) => checker.levels);
  throw new LightconeError(
    "LC_NO_LEVEL",
    `the model ${first.model} is not judged at level ${JSON.stringify(level)}`,
    `Its levels: ${levels.join(", ")}.`,
  );
}
