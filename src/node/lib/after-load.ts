/** What Node's bootstrap does with files of its library, done here when a process first asks for them. */
import nodeConsole from "node:console";
import type { Realm } from "../realm-types.ts";

/** Methods of V8's own console that only an inspector hears: without one, they do nothing. */
const inspectorMethods = ["profile", "profileEnd", "timeStamp", "context", "createTask"].flatMap(
  (name) => {
    const method = (nodeConsole as unknown as Record<string, unknown>)[name];
    return typeof method === "function" ? [[name, method] as const] : [];
  },
);

// Node's library has no types for what it keeps to itself.
// oxlint-disable-next-line typescript/no-explicit-any
type Exports = any;

const actions: Readonly<Record<string, (exports: Exports, realm: Realm) => void>> = {
  "internal/console/global": (console, realm) => {
    const { kBindStreamsLazy } = realm.require("internal/console/constructor");
    console[kBindStreamsLazy]?.(realm.process);
    for (const [name, method] of inspectorMethods) console[name] = method;
  },
  // The order of names that the command line asks for, or the usual one.
  "internal/dns/utils": (utils) => utils.initializeDns?.(),
};

/** Called with the exports of a file of the library that was just loaded. */
export function afterLoad(id: string, exports: unknown, realm: Realm): void {
  if (Object.hasOwn(actions, id)) actions[id]?.(exports, realm);
}
