/** A table of a panel, and links in it. */
import type { ComponentChildren, VNode } from "preact";
import { select, type State } from "../state.ts";

/** A row: its cells, and the class of the whole. */
export interface TableRow {
  readonly cells: readonly ComponentChildren[];
  readonly class?: string;
}

/** A table. Texts that begin with a number are set as numbers. */
export function Table({
  heads,
  rows,
}: {
  heads: readonly string[];
  rows: readonly TableRow[];
}): VNode {
  return (
    <table>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} class={row.class}>
            {row.cells.map((cell, at) => (
              <td
                key={at}
                class={typeof cell === "string" && /^\d/.test(cell) ? "number-cell" : ""}
              >
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Words that select event `id`. */
export function Link(props: { state: State; id: number; children: ComponentChildren }): VNode {
  const { state, id, children } = props;
  return (
    <button class="link" onClick={() => select(state, id)}>
      {children}
    </button>
  );
}
