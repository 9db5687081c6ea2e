/**
 * The symbols that files of Node's library make for themselves as they are loaded (`kState`,
 * `kUseUserBuffer`): the same ones in every process. A symbol has no state, so nothing is shared that a
 * program could see; but a property whose name is another symbol in each process is one that V8 cannot
 * remember the place of.
 */

/** What one file has made, in order. */
const made = new Map<string, symbol[]>();

/** The files that are being loaded, innermost last, with how many symbols each has taken so far. */
const loading: { readonly symbols: symbol[]; taken: number }[] = [];

/** Runs `load`, which evaluates the library's file `id` for a process. */
export function withSymbolsOf(id: string, load: () => void): void {
  let symbols = made.get(id);
  if (symbols === undefined) made.set(id, (symbols = []));
  loading.push({ symbols, taken: 0 });
  try {
    load();
  } finally {
    loading.pop();
  }
}

/** The library's `Symbol`: what is made outside of loading a file is new, as ever. */
export function LibrarySymbol(description?: string): symbol {
  const file = loading.at(-1);
  if (file === undefined) return Symbol(description);
  const at = file.taken++;
  const known = file.symbols[at];
  if (known !== undefined && known.description === description) return known;
  return (file.symbols[at] = Symbol(description));
}
