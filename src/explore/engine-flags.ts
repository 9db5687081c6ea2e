/** V8 settings for the processes that run worlds, as the supervisor passes them. */

/** The size of the young generation in MiB. A run produces much garbage, almost all of it short-lived. */
const SEMI_SPACE_MB = 64;

/** V8's flags for a process that runs one world again and again. */
export const engineFlags: readonly string[] = [
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
  // Every run evaluates the same code again, so compiled code is worth keeping.
  "--no-flush-bytecode",
  // A packet passes through many small functions, in the program, in Node's library and in Lightcone.
  "--max-inlined-bytecode-size-cumulative=2000",
];
