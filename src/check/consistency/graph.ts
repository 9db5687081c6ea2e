/** Finds cycles in a graph whose edges are computed on demand. */

/**
 * Returns some cycle of the graph over `0 .. count - 1`, as nodes in order (the last node's successor is
 * the first); `undefined` if there is none. Depth-first without recursion, so deep graphs do not overflow
 * the stack.
 */
export function findCycle(
  count: number,
  successorsOf: (node: number) => readonly number[],
): number[] | undefined {
  const unseen = 0;
  const open = 1;
  const done = 2;
  const state = new Uint8Array(count);
  const path: number[] = [];
  const pending: (readonly number[])[] = [];
  const position: number[] = [];
  for (let root = 0; root < count; root++) {
    if (state[root] !== unseen) continue;
    const enter = (node: number): void => {
      state[node] = open;
      path.push(node);
      pending.push(successorsOf(node));
      position.push(0);
    };
    enter(root);
    while (path.length > 0) {
      const top = path.length - 1;
      const next = (pending[top] as readonly number[])[position[top] as number];
      position[top] = (position[top] as number) + 1;
      if (next === undefined) {
        state[path.pop() as number] = done;
        pending.pop();
        position.pop();
      } else if (state[next] === open) return path.slice(path.lastIndexOf(next));
      else if (state[next] === unseen) enter(next);
    }
  }
  return undefined;
}
