/** The checkers of this folder, as the registry lists them. */
import type { Checker } from "../checker.ts";

/** In the order in which `lightcone check --help` shows them. */
export const objectCheckers: readonly Checker[] = [];
