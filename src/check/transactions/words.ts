/** Transactions, keys and values in plain words. */
import { NIL, type TransactionTable } from "./table.ts";
import { textOf } from "../../history/values.ts";

/** The name of a transaction in a sentence: T and its operation's index. */
export function transactionText(table: TransactionTable, t: number): string {
  return `T${table.operation[t]}`;
}

/** A key in a sentence. */
export function keyText(table: TransactionTable, key: number): string {
  return plainText(table.keys[key]);
}

/** A version's value in a sentence. */
export function valueText(table: TransactionTable, version: number): string {
  return version === NIL ? "nil" : plainText(table.versionValue[version]);
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "nil" : textOf(value);
}
