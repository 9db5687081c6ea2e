/** Defines a building block of a world: an ordinary Node program, and how to start it. */

import type { BlockFaults } from "./faults.ts";

/** A server that speaks a real wire protocol, packaged as a program that any host can run. */
export interface Block {
  /** The block's name, as used in `lightcone serve NAME`. */
  readonly name: string;
  /**
   * URL of the program's module: compiled JavaScript, or TypeScript if Lightcone runs from source.
   */
  readonly entry: string;
  /** The arguments that the program is started with. */
  readonly argv: readonly string[];
  /** What can go wrong with it in ways of its own. */
  readonly suffers?: BlockFaults;
}

/** A block's server that runs in the current process. */
export interface StartedBlock {
  /** The TCP port that it listens on. */
  readonly port: number;
  /**
   * Shuts the server down as SIGTERM would: connections are closed, after data has been saved if
   * the settings require it.
   */
  end(): void;
}

/**
 * Returns the URL of a block's program. `from` is the caller's `import.meta.url`. The program lies
 * beside it and has the same extension: `.ts` when Lightcone's own tests run from source, `.js` in
 * the package.
 */
export function entryUrl(path: string, from: string): string {
  const extension = from.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`${path}${extension}`, from).href;
}
