/** Tells positions in programs from those in Node and in Lightcone. Stands alone: the watchdog's thread starts fast. */
import { fileURLToPath } from "node:url";

/** The location of Lightcone's own code. Its stack frames are not useful to users. */
const OWN_ROOT = new URL("..", import.meta.url).href;
const OWN_FOLDER = fileURLToPath(OWN_ROOT);

/** Whether a position (a path or URL, with line and column) is in a program, and not in Node or Lightcone. */
export function isUserPlace(place: string): boolean {
  // "Promise.<anonymous> (app.ts:1:2)" has a position, "new Promise (<anonymous>)" has none.
  if (/\bnode:|^native |^(?:async )?<anonymous>|\(<anonymous>/.test(place)) return false;
  return !place.includes(OWN_ROOT) && !place.includes(OWN_FOLDER);
}
