/** What a row of the corpus has to show. */
export interface Claim {
  readonly check: string;
  readonly needle?: boolean;
  readonly fixed?: { readonly violates?: readonly string[]; readonly why?: string };
}

/** What was measured of a row. */
export interface Row {
  readonly name: string;
  readonly campaigns: number;
  readonly found: number;
  readonly checks: readonly string[];
  readonly runs: number;
  readonly seconds: number;
  readonly processorSeconds?: number;
  readonly faults?: number;
  readonly faultsMost?: number;
  readonly shrinkRuns?: number;
  readonly fixed?: Ran & { readonly findingsToo?: number };
}

/** What many runs of a world came to: the checks that were violated, and how often. */
export interface Ran {
  readonly runs: number;
  readonly violated: Readonly<Record<string, { times: number; seed: number; summary: string }>>;
}

/** What was measured of a world that is to hold. */
export interface HeldRow {
  readonly name: string;
  readonly held: Ran;
}

/** The head of the table that is printed. */
export function heading(): string;
/** A row of the table, with the reasons why it is not as it should be. */
export function line(row: Row, failed: readonly string[]): string;
/** The row of a world that is to hold. */
export function heldLine(row: HeldRow, failed: readonly string[]): string;
/** What a version violates that nobody has explained: one sentence for each check. */
export function unexplained(
  version: string,
  measured: Ran | undefined,
  explained: readonly string[],
): string[];
/** Why a row is not as it should be: one sentence for each reason. */
export function failures(
  row: Row,
  claim: Claim,
  limits: { readonly limitSeconds: number; readonly faultsMax: number },
): string[];
