/** What a test asks for in its head. */
export interface TestMetadata {
  readonly flags: readonly string[];
  readonly runner: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/** The module that a file tests, or undefined. */
export function moduleOf(file: string): string | undefined;

/** The flags and environment that the test at `path` asks for. */
export function metadataOf(path: string): TestMetadata;

/** Why such a test cannot be asked of a simulated host, or undefined. */
export function reasonOfKind(asked: Pick<TestMetadata, "flags" | "runner">): string | undefined;
