/** The public exports of `lightcone/check`. */
export { Budget, BudgetSpent, formatBytes, parseBytes, type BudgetOptions } from "./budget.ts";
export type { CheckOptions, CheckResult, Checker } from "./checker.ts";
export { consistent, linearizable, type ConsistentOptions, type HistoryCheck } from "./checks.ts";
export { mutex, type MutexCheck, type MutexOptions } from "./holders.ts";
export type { Model } from "./objects/model.ts";
export { checkers, findChecker } from "./registry.ts";
export type { CycleEdge, Evidence, Step, Verdict } from "./verdict.ts";
export { violated, type ViolatedOptions } from "./violated.ts";
