/** Paths of worlds are relative to the file that names them, which is found on the stack. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package's own functions: frames in it are not the caller's. */
const here = dirname(dirname(fileURLToPath(import.meta.url)));

/** The folder of the file that called a function of this package; the working directory if it is not known. */
export function callerDirectory(): string {
  for (const line of (new Error().stack ?? "").split("\n").slice(1)) {
    const place = /(?:\(|at (?:async )?)((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]).*?):\d+:\d+\)?$/.exec(
      line,
    )?.[1];
    if (place === undefined) continue;
    const path = place.startsWith("file:") ? fileURLToPath(place) : place;
    if (!path.startsWith(here)) return dirname(path);
  }
  return process.cwd();
}

/** The absolute path of a world that was named in a file of a folder. */
export function worldPath(path: string, directory: string): string {
  return resolve(directory, path);
}
