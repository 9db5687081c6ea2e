/** The checkers of this folder, as the registry lists them. */
import type { Checker } from "../checker.ts";
import { levels } from "../levels.ts";
import {
  checkAppendHistory,
  checkAppendTable,
  checkRegisterHistory,
  checkRegisterTable,
} from "./check.ts";
import { checkLongFork } from "./long-fork.ts";
import { checkPredicateHistory } from "./predicate-check.ts";
import { readTransactions } from "./read.ts";
import { registerRules } from "./register-levels.ts";

/** Levels that the model's anomalies decide, as Elle does. */
const inferred: readonly string[] = levels
  .filter((level) => level.of === "transactions" && (level.forbids ?? []).length > 0)
  .map((level) => level.name);

/** Levels that are decided completely over registers. */
const decided: readonly string[] = registerRules.map((rule) => rule.level);

const all: readonly string[] = [...new Set([...inferred, ...decided])];

/** In the order in which `lightcone check --help` shows them. */
export const transactionCheckers: readonly Checker[] = [
  {
    model: "list-append",
    aliases: ["append"],
    summary: "transactions that read lists and append unique elements to them (as Elle's)",
    levels: all,
    defaultLevel: "strict-serializable",
    check: checkAppendHistory,
    checkBytes(bytes, name, options) {
      const { table, lookup } = readTransactions(bytes, { name, model: "list-append" });
      return checkAppendTable(table, lookup, options);
    },
  },
  {
    model: "rw-register",
    aliases: ["transactions", "txn"],
    summary: "transactions that read registers and write unique values to them, decided completely",
    levels: all,
    defaultLevel: "strict-serializable",
    settings: {
      "linearizable-keys": "each key alone is known to be linearizable",
      "sequential-keys": "each key alone is known to be sequentially consistent",
      "wfr-keys": "in a transaction that reads a key and writes it, the write follows the read",
    },
    check: checkRegisterHistory,
    checkBytes(bytes, name, options) {
      const { table, lookup } = readTransactions(bytes, { name, model: "rw-register" });
      return checkRegisterTable(table, lookup, options);
    },
  },
  {
    model: "closed-predicate",
    summary: "transactions that read by predicate, over keys that are all known (as Elle's)",
    levels: inferred,
    defaultLevel: "strict-serializable",
    check: checkPredicateHistory,
  },
  {
    model: "long-fork",
    summary:
      "reads of groups of keys that are written once: no two may see the writes in opposite orders",
    levels: ["prefix"],
    defaultLevel: "prefix",
    check: checkLongFork,
  },
];
