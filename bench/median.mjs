/** Runs `once` (which returns a number) a few times after a warm-up, and gives the median. */
export async function median(once, { runs = 5, warmup = 1 } = {}) {
  for (let i = 0; i < warmup; i++) await once();
  const values = [];
  for (let i = 0; i < runs; i++) values.push(await once());
  values.sort((a, b) => a - b);
  return values[values.length >> 1];
}
