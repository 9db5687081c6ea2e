/**
 * What Node's bootstrap does with files of its library, done here when a process first loads them.
 */
import nodeConsole from "node:console";
import type { Realm } from "../realm-types.ts";

/** Methods of V8's own console that only an inspector uses. Without one, they have no effect. */
const inspectorMethods = ["profile", "profileEnd", "timeStamp", "context", "createTask"].flatMap(
  (name) => {
    const method = (nodeConsole as unknown as Record<string, unknown>)[name];
    return typeof method === "function" ? [[name, method] as const] : [];
  },
);

// Node's library has no types for its internals.
// oxlint-disable-next-line typescript/no-explicit-any
type Exports = any;

const actions: Readonly<Record<string, (exports: Exports, realm: Realm) => void>> = {
  "internal/console/global": (console, realm) => {
    const { kBindStreamsLazy } = realm.require("internal/console/constructor");
    console[kBindStreamsLazy]?.(realm.process);
    for (const [name, method] of inspectorMethods) console[name] = method;
  },
  // Sets the order of addresses from the command line, or the default one.
  "internal/dns/utils": (utils) => utils.initializeDns?.(),
};

/** Called with the exports of a library file that was just loaded. */
export function afterLoad(id: string, exports: unknown, realm: Realm): void {
  if (Object.hasOwn(actions, id)) actions[id]?.(exports, realm);
}
