/** What one module came to. */
export interface ModuleResult {
  readonly module: string;
  readonly passed: number;
  /** The tests that did not pass, by file name. */
  readonly failing: readonly string[];
  /** How many could not be asked of a simulated host. */
  readonly away: number;
}

/** What is written down of one suite on one major version of Node. */
export interface RecordedFigures {
  readonly modules: Readonly<
    Record<
      string,
      { readonly passed: number; readonly applicable: number; readonly failing: readonly string[] }
    >
  >;
}

/** Where fewer pass than is written down: one line for each module. */
export function falls(before: RecordedFigures, results: readonly ModuleResult[]): string[];

/** The name of a suite that holds these files. */
export function suiteOf(files: readonly string[]): string;
