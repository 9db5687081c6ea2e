/** The types of `oxlint.base.mjs`. */
declare const base: Readonly<Record<string, unknown>>;
export default base;
