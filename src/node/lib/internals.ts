/**
 * The real Node's own `internalBinding` and its internal modules. The simulated `node:crypto` uses
 * the real native classes (hashes, ciphers, key handles), which Node 24 and later no longer expose
 * through `process.binding`. V8's inspector shows the scope of a function, and the scope of
 * `process.binding` contains both.
 *
 * The inspector runs microtasks when it is used, so this happens before a run, never within one.
 */
import process from "node:process";
import { LightconeError } from "../../base/errors.ts";

interface Internals {
  readonly internalBinding: (name: string) => Record<string, unknown>;
  readonly requireBuiltin: (id: string) => Record<string, unknown>;
}

interface Remote {
  readonly objectId?: string;
}

interface Property {
  readonly name: string;
  readonly value?: Remote;
}

interface Properties {
  readonly result: readonly Property[];
  readonly internalProperties?: readonly Property[];
}

let internals: Internals | undefined;
let failure: unknown;

/**
 * Looks the internals up, once per real process. Call it outside a run. A failure is reported when
 * an internal is used.
 */
export async function prepareInternals(): Promise<void> {
  if (internals !== undefined || failure !== undefined) return;
  try {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connect();
    try {
      internals = find((method, parameters) => {
        let answer: unknown;
        session.post(method, parameters, (error, result) => {
          if (error) throw error;
          answer = result;
        });
        return answer;
      });
    } finally {
      session.disconnect();
    }
  } catch (thrown) {
    failure = thrown;
  }
}

type Post = (method: string, parameters: object) => unknown;

function find(post: Post): Internals {
  const key = "lightcone:internals";
  const shelf = globalThis as unknown as Record<string, unknown>;
  const found: Record<string, unknown> = { from: (process as { binding?: unknown }).binding };
  Object.defineProperty(globalThis, key, { value: found, configurable: true });
  try {
    const expression = `globalThis[${JSON.stringify(key)}].from`;
    const { result } = post("Runtime.evaluate", { expression }) as { result: Remote };
    const { internalProperties } = propertiesOf(post, result);
    const scopes = internalProperties?.find(({ name }) => name === "[[Scopes]]")?.value ?? {};
    for (const scope of propertiesOf(post, scopes).result) {
      if (!scope.value?.objectId) continue;
      const names = propertiesOf(post, scope.value).result;
      if (!names.some(({ name }) => name === "internalBinding")) continue;
      for (const { name, value } of names) {
        if (name !== "internalBinding" && name !== "requireBuiltin") continue;
        const functionDeclaration = `function () { globalThis[${JSON.stringify(key)}][${JSON.stringify(name)}] = this; }`;
        post("Runtime.callFunctionOn", { objectId: value?.objectId, functionDeclaration });
      }
      break;
    }
  } finally {
    delete shelf[key];
  }
  if (!found["internalBinding"] || !found["requireBuiltin"]) {
    throw new Error("process.binding is not Node's own");
  }
  return found as unknown as Internals;
}

function propertiesOf(post: Post, { objectId }: Remote): Properties {
  if (objectId === undefined) return { result: [] };
  return post("Runtime.getProperties", { objectId, ownProperties: true }) as Properties;
}

function found(): Internals {
  if (internals) return internals;
  throw new LightconeError(
    "LC_UNSUPPORTED_NODE",
    `Node ${process.version} does not show its internals: ${String(failure ?? "they were not looked up")}`,
    "Lightcone needs a Node with its inspector to simulate node:crypto.",
  );
}

/** Returns one of the real Node's internal bindings. */
export function realInternalBinding(name: string): Record<string, unknown> {
  return found().internalBinding(name);
}

/** Returns one of the real Node's internal modules. */
export function realInternalModule(id: string): Record<string, unknown> {
  return found().requireBuiltin(id);
}
