/** Stacks spans of time in rows, so that no two of one row overlap. */

/** Returns the row of each span; spans come in order of their beginning. With `rowsMax`, the last row takes the rest. */
export function stackSpans(
  spans: readonly { readonly from: number; readonly to: number }[],
  rowsMax: number,
): number[] {
  const ends: number[] = [];
  return spans.map(({ from, to }) => {
    let row = ends.findIndex((end) => end <= from);
    if (row < 0) row = ends.length < rowsMax ? ends.length : rowsMax - 1;
    ends[row] = Math.max(ends[row] ?? 0, to);
    return row;
  });
}
