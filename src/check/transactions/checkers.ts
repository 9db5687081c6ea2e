/** The checkers of this folder, as the registry lists them. */
import type { Format } from "../../history/read.ts";
import type { BytesResult, CheckOptions, CheckResult, Checker } from "../checker.ts";
import { levels } from "../levels.ts";
import {
  checkAppendHistory,
  checkAppendTable,
  checkRegisterHistory,
  checkRegisterTable,
} from "./check.ts";
import { checkLongFork } from "./long-fork.ts";
import { checkPredicateHistory } from "./predicate-check.ts";
import type { Lookup } from "./evidence.ts";
import { excerptOf, readPlainTransactions } from "./read.ts";
import { registerRules } from "./register-levels.ts";
import type { TransactionTable } from "./table.ts";

/** Levels that are decided by the model's anomalies, as in Elle. */
const inferred: readonly string[] = levels
  .filter((level) => level.of === "transactions" && (level.forbids ?? []).length > 0)
  .map((level) => level.name);

/** Levels that are decided completely over registers. */
const decided: readonly string[] = registerRules.map((rule) => rule.level);

const all: readonly string[] = [...new Set([...inferred, ...decided])];

function checkPlain(
  bytes: Uint8Array,
  name: string,
  model: string,
  check: (table: TransactionTable, lookup: Lookup, options: CheckOptions) => CheckResult,
  options: CheckOptions & { readonly format?: Format | undefined },
): BytesResult | undefined {
  const { budget, format } = options;
  const read = readPlainTransactions(bytes, { name, model, format, budget });
  if (!read) return undefined;
  const result = check(read.table, read.lookup, options);
  const { verdict } = result;
  const evidence = verdict.result === "violated" ? verdict.evidence : [];
  return { ...result, excerpt: excerptOf(read, evidence) };
}

/** In the order in which `lightcone check --help` shows them. */
export const transactionCheckers: readonly Checker[] = [
  {
    model: "list-append",
    aliases: ["append"],
    summary: "transactions that read lists and append unique elements to them (as Elle's)",
    levels: all,
    defaultLevel: "strict-serializable",
    check: checkAppendHistory,
    checkBytes: (bytes, name, options) =>
      checkPlain(bytes, name, "list-append", checkAppendTable, options),
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
    checkBytes: (bytes, name, options) =>
      checkPlain(bytes, name, "rw-register", checkRegisterTable, options),
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
