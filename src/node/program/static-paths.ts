/** Stub until the evaluator is here. */
export function staticPaths(
  _path: string,
  _source: string,
): { readonly path: string; readonly listed: boolean }[] {
  return [];
}
