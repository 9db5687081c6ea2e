/** V8 settings for the processes that run worlds, as the supervisor passes them. */

/**
 * The size of the young generation in MiB, from the start. A collection of it copies most of what dead processes
 * leave, since V8 counts their hidden classes as alive: the fewer, the cheaper a run. What is copied twice fills the
 * old generation, and a full collection discards optimized code together with the classes that it was made for.
 */
const SEMI_SPACE_MB = 128;

/** V8's flags for a process that runs one world again and again. */
export const engineFlags: readonly string[] = [
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
  // V8 would begin with a small one, and go back to it after each full collection.
  `--min-semi-space-size=${SEMI_SPACE_MB}`,
  // Every run evaluates the same code again, so compiled code is worth keeping.
  "--no-flush-bytecode",
  // A packet passes through many small functions, in the program, in Node's library and in Lightcone.
  "--max-inlined-bytecode-size-cumulative=2000",
];
