/** The types of `check.mjs`. */
export function writeLintConfig(): string;
