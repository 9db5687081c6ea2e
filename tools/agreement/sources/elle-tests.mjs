/** The verdicts on Elle's own tests; what they name stands in elle-tests-names. */
import { verdictsOnly } from "../elle-compare.mjs";
import { cases as named } from "./elle-tests-names.mjs";

export const name = "elle-tests";

export const cases = (dir, kit) => verdictsOnly(named(dir, kit));
