/** The public exports of `lightcone/history`. */
export { HistoryBuilder, type Completion, type Invocation } from "./build.ts";
export { HistoryError } from "./errors.ts";
export type { History, Operation, Outcome } from "./operation.ts";
export {
  formats,
  readHistories,
  type Format,
  type ReadHistory,
  type ReadOptions,
  type ReadResult,
} from "./read.ts";
export { writeHistory } from "./write.ts";
