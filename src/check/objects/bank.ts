/**
 * A bank: transfers move money between accounts, and every read of all accounts must find the same total
 * (and no negative balance, unless that is allowed). Judges what Jepsen's bank workload judges.
 */
import type { History, Operation } from "../../history/operation.ts";
import type { CheckResult } from "../checker.ts";
import type { Evidence } from "../verdict.ts";
import { tell } from "./evidence.ts";
import { show, type Model } from "./model.ts";
import { fieldNameOf, numberOr } from "../../history/values.ts";

/** Options for a bank. */
export interface BankOptions {
  /** The total. Default: that of the first read. */
  readonly total?: number | undefined;
  /** Whether balances may be negative. */
  readonly negative?: boolean | undefined;
}

const words = { name: "bank", describe: describeBank } as unknown as Model<never>;

/** Judges all reads of `history`. */
export function checkBank(history: History, options: BankOptions): CheckResult {
  const reads = history.operations.filter(({ f, outcome }) => f === "read" && outcome === "ok");
  const first = reads[0];
  const accounts = first ? new Set(balancesOf(first).keys()) : new Set<string>();
  const total = options.total ?? (first ? sum(first) : 0);
  const evidence: Evidence[] = [];
  let wrong = 0;
  for (const read of reads) {
    const problem = problemOf(read, accounts, total, options.negative ?? false);
    if (!problem) continue;
    wrong++;
    if (evidence.length >= 3) continue;
    const operations = first && first !== read && problem.comparing ? [first, read] : [read];
    evidence.push(
      tell({ operations, summary: problem.summary, anomaly: problem.anomaly }, words, undefined),
    );
  }
  const details = { reads: reads.length, wrong, total: numberOrText(total) };
  if (evidence.length > 0) return { verdict: { result: "violated", evidence }, details };
  return {
    verdict: { result: "holds", note: `${reads.length} reads, each with a total of ${total}` },
    details,
  };
}

interface Problem {
  readonly summary: string;
  readonly anomaly: string;
  /** Whether it is only visible in comparison with the first read. */
  readonly comparing: boolean;
}

function problemOf(
  read: Operation,
  accounts: ReadonlySet<string>,
  total: number | bigint,
  negative: boolean,
): Problem | undefined {
  const balances = balancesOf(read);
  for (const [account, balance] of balances) {
    if (!accounts.has(account)) {
      return problem(
        "unexpected account",
        `account ${account} appears, which the first read has not`,
        true,
      );
    }
    if (typeof balance !== "bigint" && !Number.isFinite(balance)) {
      return problem("no balance", `account ${account} holds ${show(balance)}`, false);
    }
    if ((balance as number) < 0 && !negative) {
      return problem("negative balance", `account ${account} holds ${balance}`, false);
    }
  }
  for (const account of accounts) {
    if (!balances.has(account))
      return problem("missing account", `account ${account} is gone`, true);
  }
  const found = sum(read);
  return found === total
    ? undefined
    : problem("wrong total", `the accounts hold ${found} together, not ${total}`, true);
}

function problem(anomaly: string, summary: string, comparing: boolean): Problem {
  return { anomaly, summary, comparing };
}

function balancesOf({ output }: Operation): Map<string, unknown> {
  if (output instanceof Map)
    return new Map(
      [...(output as Map<unknown, unknown>)].map(([k, v]) => [fieldNameOf(k), numberOr(v)]),
    );
  return new Map(
    typeof output === "object" && output !== null
      ? Object.entries(output).map(([k, v]) => [k, numberOr(v)] as const)
      : [],
  );
}

/** Converts a bigint to text, because details are plain data. */
function numberOrText(total: number | bigint): number | string {
  return typeof total === "bigint" ? String(total) : total;
}

/** The sum of a read's accounts; a bigint only if a number cannot represent it. */
function sum(read: Operation): number | bigint {
  const balances = [...balancesOf(read).values()];
  if (balances.every((balance) => typeof balance !== "bigint")) {
    return balances.reduce<number>((total, balance) => total + Number(balance), 0);
  }
  let total = 0n;
  for (const balance of balances) {
    if (typeof balance !== "bigint" && !Number.isSafeInteger(balance)) return Number.NaN;
    total += BigInt(balance as number | bigint);
  }
  const small = Number(total);
  return Number.isSafeInteger(small) ? small : total;
}

function describeBank({ f, input, output, outcome }: Operation): string {
  if (f === "read") return outcome === "ok" ? `read ${show(output)}` : "read";
  const { from, to, amount } = (input ?? {}) as Record<string, unknown>;
  return f === "transfer" && from !== undefined
    ? `transfer ${show(amount)} from ${show(from)} to ${show(to)}`
    : `${f} ${show(input)}`;
}
