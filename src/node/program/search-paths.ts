/**
 * The folders in which `require` looks for packages after the `node_modules` folders: those of
 * NODE_PATH, of the home directory, and of Node's installation.
 */
import { posix } from "node:path";
import { NODE_PATH } from "../command.ts";
import { isBuiltin } from "../public-modules.ts";

/** What a lookup needs of the requesting module. */
interface Requester {
  readonly id?: unknown;
  readonly filename?: string | null;
  readonly paths?: readonly string[];
}

/** The search paths of one process. */
export class SearchPaths {
  #paths: readonly string[] = [];
  /** False if NODE_PATH adds folders. */
  isStandard = true;

  /** `Module._initPaths`: reads the environment, and returns the folders. */
  initialize(env: Readonly<Record<string, string | undefined>>): string[] {
    const { HOME, NODE_PATH: given = "" } = env;
    const added = given.split(":").filter(Boolean);
    const home = HOME
      ? [".node_modules", ".node_libraries"].map((one) => posix.join(HOME, one))
      : [];
    this.isStandard = added.length === 0;
    this.#paths = [...added, ...home, posix.resolve(NODE_PATH, "../../lib/node")];
    return [...this.#paths];
  }

  /** Returns the folders for a package that a module with the given `paths` requests. */
  after(paths: readonly string[] | undefined): readonly string[] {
    return paths?.length ? [...paths, ...this.#paths] : this.#paths;
  }

  /** `Module._resolveLookupPaths`: returns the folders for a request; null for a built-in module. */
  lookUp(request: string, parent: Requester | null | undefined): readonly string[] | null {
    if (isBuiltin(request)) return null;
    if (!/^\.(?:$|\.|\/)/.test(request)) {
      const paths = this.after(parent?.paths);
      return paths.length > 0 ? [...paths] : null;
    }
    return parent?.id && parent.filename ? [posix.dirname(parent.filename)] : ["."];
  }
}
