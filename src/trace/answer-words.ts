/** Words for the answers of operations whose names say more than their answers do. Stories and the viewer use them. */

/** The word for a successful operation without an answer, if there is a better one than "ok". */
const done: Readonly<Record<string, string>> = {
  acquire: "held",
  lock: "held",
  release: "released",
  unlock: "released",
};

/** The word for the answer `output` of a successful operation `f`: "held"; `undefined` if the answer says more. */
export function answerWord(f: string, output: unknown): string | undefined {
  return Object.hasOwn(done, f) && saysNothing(output) ? done[f] : undefined;
}

/** Whether an answer is a mere handle, such as the lock's own object, and not worth showing. */
function saysNothing(output: unknown): boolean {
  if (typeof output === "string") return /^\[[^\]]*\]$/.test(output);
  return output === undefined || typeof output === "object";
}
