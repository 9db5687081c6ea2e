/** Every algorithm that the suite tries. */
import { objectSubjects } from "./objects.ts";
import type { Subject } from "./suite.ts";
import { transactionSubjects } from "./transactions.ts";
import { weakSubjects } from "./weak.ts";
import { workloadSubjects } from "./workloads.ts";

/** All subjects: objects, workloads, the weak levels, transactions. */
export const subjects: readonly Subject[] = [
  ...objectSubjects,
  ...workloadSubjects,
  ...weakSubjects,
  ...transactionSubjects,
];
