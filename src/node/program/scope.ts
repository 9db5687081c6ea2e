/** What a bundled program is called with: its process's globals, `require`, and what a file has of its place. */
import { posix } from "node:path";
import { isBuiltin } from "../public-modules.ts";
import type { Realm } from "../realm-types.ts";
import { type CommonJsLoader, loaderOf, type Require } from "./commonjs.ts";
import type { ProgramScope } from "./compile.ts";
import { originalPlace } from "./source-maps.ts";

/** What a file of a bundle has that depends on where it lies. */
interface Place {
  readonly resolve: Require["resolve"];
  readonly main: Require["main"];
  readonly cache: Require["cache"];
  readonly extensions: Require["extensions"];
  importMetaResolve(specifier: string): string;
}

/** The scope of one program in one process. `injected` are modules that Lightcone gives it. */
export function programScope(
  realm: Realm,
  entry: string,
  injected: Readonly<Record<string, unknown>>,
): Omit<ProgramScope, "publish"> {
  let made: CommonJsLoader | undefined;
  const loader = (): CommonJsLoader => {
    if (made === undefined) {
      made = loaderOf(realm);
      const own = Object.entries(injected).map(([id, module]) => [id, () => module] as const);
      made.builtins = { ...made.builtins, ...Object.fromEntries(own) };
    }
    return made;
  };
  const require = (id: string): unknown => {
    if (Object.hasOwn(injected, id)) return injected[id];
    if (isBuiltin(id)) return realm.requirePublic(id);
    // The bundle has one `require` for all its files: the one that calls says where to begin.
    return loader().createRequire(callingFile() ?? entry)(id);
  };
  const places = new Map<string, Place>();
  return {
    global: realm.global,
    require,
    placeOf(path) {
      let place = places.get(path);
      if (place === undefined) {
        place = createPlace(loader(), path);
        places.set(path, place);
      }
      return place;
    },
  };
}

function createPlace(loader: CommonJsLoader, path: string): Place {
  const { resolve, cache, extensions } = loader.createRequire(path);
  return {
    resolve,
    main: loader.main,
    cache,
    extensions,
    importMetaResolve: (specifier) => loader.importMetaResolve(specifier, path),
  };
}

/** The source file of the innermost frame of a bundle. */
function callingFile(): string | undefined {
  const { prepareStackTrace } = Error;
  let found: string | undefined;
  try {
    Error.prepareStackTrace = (_error, frames) => {
      for (const frame of frames) {
        const file = frame.getFileName();
        if (!file?.startsWith("lightcone-program:")) continue;
        const place = originalPlace(file, frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1);
        if (place === undefined || !posix.isAbsolute(place.file)) continue;
        found = place.file;
        return "";
      }
      return "";
    };
    void new Error("looks for its caller").stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  return found;
}
