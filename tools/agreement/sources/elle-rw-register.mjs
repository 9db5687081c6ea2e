/** The verdicts on Elle's registers; what they name stands in elle-rw-register-names. */
import { verdictsOnly } from "../elle-compare.mjs";
import { cases as named } from "./elle-rw-register-names.mjs";

export const name = "elle-rw-register";

export const cases = (dir, kit) => verdictsOnly(named(dir, kit));
