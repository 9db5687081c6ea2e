/** What a building block is to a world: an ordinary Node program, and how to start it. */

/** A server that speaks a real wire protocol, as a program that any host can run. */
export interface Block {
  /** The block's name, as in `lightcone serve NAME`. */
  readonly name: string;
  /** URL of the program's module: compiled JavaScript, or TypeScript when run from source. */
  readonly entry: string;
  /** The arguments that the program is started with. */
  readonly argv: readonly string[];
}

/** A block's server that runs in this process. */
export interface StartedBlock {
  /** The TCP port that it listens on. */
  readonly port: number;
  /** Ends the process as SIGTERM does: clients are dropped, and what is to be saved is saved first. */
  end(): void;
}

/**
 * The URL of a block's program. `from` is the caller's `import.meta.url`; the program lies beside it, with
 * the same extension: `.ts` when our own tests run from source, `.js` in the package.
 */
export function entryUrl(path: string, from: string): string {
  const extension = from.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`${path}${extension}`, from).href;
}
