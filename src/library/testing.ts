/** What an integration of a test runner needs. */
export { callerDirectory, worldPath } from "./caller.ts";
export { holdsWithin, shownPath, type Told } from "./holds.ts";
export { type ExploreOptions, type Limits, readOptions } from "./options.ts";
