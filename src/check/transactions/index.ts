/** The exports of this folder for callers that check tables of transactions without a history in memory. */
export { checkAppendTable, checkRegisterTable } from "./check.ts";
export {
  elleCheck,
  tableOfEvents,
  type ElleOptions,
  type ElleResult,
  type JepsenEvent,
} from "./elle.ts";
export { readTransactions, type ReadTransactions } from "./read.ts";
export type { DataType, TransactionTable } from "./table.ts";
