/**
 * V8's messages quote the code that it runs: `__lc_g.name is not a function`. Programs see the code
 * that they wrote.
 */
import { types } from "node:util";
import { defineProperty, getOwnPropertyDescriptor, plain } from "../../views/safe.ts";

const { isNativeError } = types;

const NAME = "[\\p{ID_Continue}$]+";
/** A free name, an imported name, and a namespace, as `transform.ts` writes them. */
const FREE = new RegExp(`__lc_[gu]\\.(${NAME})`, "gu");
const IMPORTED = new RegExp(`__lc_i\\d+_(${NAME})(?:\\.${NAME}|\\["[^"]*"\\])`, "gu");
const NAMESPACE = new RegExp(`__lc_n\\d+_(${NAME})`, "gu");
/** A call without a receiver. */
const BARE = new RegExp(`\\(0 ?, ?(${NAME})\\)`, "gu");

/** Returns a message with the names that its program has written. */
export function ownWords(message: string): string {
  if (!message.includes("__lc_")) return message;
  return message
    .replace(/__lc_(?:this|trace)\(([^()]*)\)/g, "$1")
    .replace(FREE, "$1")
    .replace(IMPORTED, "$1")
    .replace(NAMESPACE, "$1")
    .replace(BARE, "$1");
}

const { includes } = String.prototype;
const call = Function.prototype.call.bind(includes) as (text: string, part: string) => boolean;

/** Corrects the message of an error that a program has caught. */
export function correctMessage(thrown: unknown): void {
  // A proxy would hear of being looked at.
  if (!isNativeError(thrown)) return;
  const own = getOwnPropertyDescriptor(thrown, "message");
  const message: unknown = own?.value;
  if (typeof message !== "string" || !call(message, "__lc_")) return;
  defineProperty(thrown, "message", plain({ ...own, value: ownWords(message) }));
}
