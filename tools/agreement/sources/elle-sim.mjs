/** The verdicts on Elle's simulated databases; what they name stands in elle-sim-names. */
import { verdictsOnly } from "../elle-compare.mjs";
import { cases as named } from "./elle-sim-names.mjs";

export const name = "elle-sim";

export const cases = (dir, kit) => verdictsOnly(named(dir, kit));
