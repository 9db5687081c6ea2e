/**
 * Words that mean the same operation. Checks find what they are about by any of them, and stories tell it
 * alike. The first of each is the one that models use.
 */
const synonyms = {
  acquire: ["acquire", "lock"],
  release: ["release", "unlock"],
  read: ["read", "get"],
  write: ["write", "set", "put"],
} as const;

/** An operation that goes by several names. */
export type Meaning = keyof typeof synonyms;

/** All names of an operation, the one that models use first. */
export function namesOf(meaning: Meaning): readonly string[] {
  return synonyms[meaning];
}

/** Whether models use this very name for something that goes by others, too. */
export function isMeaning(name: string): name is Meaning {
  return Object.hasOwn(synonyms, name);
}
