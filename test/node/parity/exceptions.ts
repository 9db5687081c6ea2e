/**
 * Where a simulated process differs from the Node that runs it, in what it shows of itself. Reviewed by hand:
 * an entry is here because what it names cannot be the same, or is known not to be yet; each with its reason.
 * One that explains nothing any more, on the Node that runs, fails the test.
 */

/** A difference that is accepted. */
export interface Exception {
  /** The names, as `shapes.cjs` and `calls.cjs` print them. */
  readonly names: RegExp;
  readonly why: string;
  /** The major versions of Node that show it; all of them unless given. */
  readonly from?: number;
  readonly until?: number;
}

/** Names, kinds and attributes. */
export const shapeExceptions: readonly Exception[] = [
  {
    names: /^globalThis\.Error\.prepareStackTrace$/,
    why: "each process has its own, behind an accessor of the one `Error` that all share",
  },
  {
    names: /^node:_http_common\.HTTPParser/,
    why: "the parser is a class of ours; its constants are inherited, its methods hidden",
  },
  {
    names: /MessagePort\b/,
    why: "ports are a class of ours, whose methods are hidden as those of classes are",
  },
  {
    names: /^node:async_hooks\.asyncWrapProviders\./,
    why: "the numbers of native classes, of which few exist here",
  },
  {
    names: /^node:crypto\.KeyObject#\.type$/,
    why: "keys are told from other objects elsewhere, so what is no key is refused in other words",
    from: 24,
  },
  {
    names: /^node:module\b/,
    why: "the loader is ours",
  },
  {
    names: /^node:sqlite\b/,
    why: "a substitute stands in for it, which has databases and statements only",
    from: 22,
  },
  {
    names: /^node:test\.mock\.(constructor#\.)?timers\b/,
    why: "node:test is not simulated: its shape is taken without making a mock",
  },
  {
    names: /^node:test\/reporters\.lcov/,
    why: "node:test is not simulated: its reporter is a stream, made when it is read",
    until: 22,
  },
  {
    names: /^node:ffi\.DynamicLibrary#\.functions$/,
    why: "node:ffi is not simulated: what its getters say of no instance is not known",
    from: 26,
  },
];

/** How calls without arguments end. */
export const callExceptions: readonly Exception[] = [
  {
    names:
      /^(new )?node:worker_threads\.(MessagePort|MessageChannel|receiveMessageOnPort|moveMess)/,
    why: "ports are a class of ours, which does not check what Node's native one does",
  },
  {
    names: /^node:module\./,
    why: "the loader is ours, and says otherwise what is wrong with no argument",
  },
];

/** What exists and is not simulated: it says so by name when it is called. */
export const notSimulated: readonly Exception[] = [
  { names: /^node:process\._linkedBinding$/, why: "native code of the real process" },
  { names: /^node:v8\.getCppHeapStatistics$/, why: "the heap of native code", from: 22 },
  { names: /^(new )?node:ffi\./, why: "calls native code of the real machine", from: 26 },
  { names: /^node:v8\.queryObjects$/, why: "looks through the heap that all processes share" },
  {
    names: /^node:vm\.measureMemory$/,
    why: "measures the heap that all processes share",
  },
  {
    names: /^node:module\.(_debug|_preloadModules|runMain|_extensions\.\.node)/,
    why: "hooks into the loader of the real process",
    until: 24,
  },
];
