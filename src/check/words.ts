/**
 * Synonyms for operations. Checks recognise their operations by any of them, and stories use one wording.
 * The first of each is the name that models use.
 */
const synonyms = {
  acquire: ["acquire", "lock"],
  release: ["release", "unlock"],
  read: ["read", "get"],
  write: ["write", "set", "put"],
} as const;

/** An operation that goes by several names. */
export type Meaning = keyof typeof synonyms;

/** All names of an operation, with the one that models use first. */
export function namesOf(meaning: Meaning): readonly string[] {
  return synonyms[meaning];
}

/** Whether `name` is the name that models use for an operation with several names. */
export function isMeaning(name: string): name is Meaning {
  return Object.hasOwn(synonyms, name);
}
