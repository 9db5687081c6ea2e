/** What a flow prints (`client.mjs`), read again, and compared between two arms. */

const ANSWER = "answer ";

/** The answers among the lines that a flow printed: `[step, answer]` in order. */
export function answersIn(lines) {
  return lines
    .filter((line) => line.startsWith(ANSWER))
    .map((line) => JSON.parse(line.slice(ANSWER.length)));
}

/** Says where two lists of answers differ first; `undefined` if they do not. */
export function difference(real, world) {
  for (let n = 0; n < Math.max(real.length, world.length); n++) {
    const [one, other] = [real[n], world[n]].map((answer) => JSON.stringify(answer));
    if (one !== other)
      return `real:  ${one ?? "no further step"}\nworld: ${other ?? "no further step"}`;
  }
  return undefined;
}
