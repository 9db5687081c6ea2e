/**
 * The symbols that files of Node's library create when they are loaded (`kState`,
 * `kUseUserBuffer`): the same ones in every process. A symbol has no state, so programs cannot
 * observe the sharing. But if a property's name were a different symbol in each process, V8 could
 * not cache its location.
 */

/** The symbols that one file has created, in order. */
const made = new Map<string, symbol[]>();

/**
 * The files being loaded, innermost last, with the number of symbols that each has taken so far.
 */
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

/**
 * The library's `Symbol`. Symbols that are not created while a file is loaded are new, as usual.
 */
export function LibrarySymbol(description?: string): symbol {
  const file = loading.at(-1);
  if (file === undefined) return Symbol(description);
  const at = file.taken++;
  const known = file.symbols[at];
  if (known !== undefined && known.description === description) return known;
  return (file.symbols[at] = Symbol(description));
}
