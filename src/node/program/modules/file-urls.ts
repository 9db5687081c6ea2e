/**
 * Paths of `file:` URLs and URLs of paths, which every process asks for again for each of its ES modules. Each is parsed
 * once for all processes.
 */
import { fileURLToPath, pathToFileURL } from "node:url";

/** Programs may import the same file with ever new queries. */
const KEPT_MAX = 20_000;

const paths = new Map<string, string>();
const urls = new Map<string, string>();

/** Returns the path of a `file:` URL. Anything else is returned as it is. Throws Node's errors. */
export function pathOfUrl(url: string): string {
  if (!url.startsWith("file:")) return url;
  const known = paths.get(url);
  return known ?? keep(paths, url, fileURLToPath(url));
}

/** Returns the `file:` URL of a path. */
export function urlOfPath(path: string): string {
  // A relative one is one of the running process's working directory.
  if (!path.startsWith("/")) return pathToFileURL(path).href;
  const known = urls.get(path);
  return known ?? keep(urls, path, pathToFileURL(path).href);
}

/** Returns the query and the fragment of a URL, with their signs. */
export function suffixOfUrl(url: string): string {
  if (!url.includes("?") && !url.includes("#")) return "";
  const { search, hash } = new URL(url);
  return search + hash;
}

function keep(map: Map<string, string>, key: string, value: string): string {
  if (map.size >= KEPT_MAX) map.clear();
  map.set(key, value);
  return value;
}
