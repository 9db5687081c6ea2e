/** Where lanes lie across the diagram: taller ones for clients, whose operations are drawn above their lines. */
import type { Lane } from "../model/lanes.ts";
import type { OperationBar } from "../model/operations.ts";

/** The place of one lane, in pixels across the direction of time. */
export interface LaneBox {
  readonly lane: Lane;
  /** Its index among all lanes of the run. */
  readonly index: number;
  readonly top: number;
  readonly height: number;
  /** Where its worldline is. */
  readonly line: number;
  /** The top and the height of each row of operation bars. */
  readonly rowTop: number;
  readonly rowHeight: number;
  /** The names of its clients, one a row; those beyond the last row share it. */
  readonly clients: readonly string[];
}

/** All lanes of a diagram. */
export interface LaneLayout {
  readonly boxes: readonly LaneBox[];
  /** The boxes by host number. */
  readonly byHost: ReadonlyMap<number, LaneBox>;
  readonly total: number;
}

const ROW_HEIGHT = 17;
const ROWS_MAX = 3;
const PLAIN_MIN = 30;
/** Where two runs share the diagram. */
const PLAIN_DENSE = 14;
const PLAIN_MAX = 74;
const ROLE_GAP = 10;
const EDGE = 8;

/**
 * Lays lanes out in `available` pixels, or in more if they need more. `keep`: which lanes are shown.
 * `dense`: as low as can be read.
 */
export function layoutLanes(
  lanes: readonly Lane[],
  operations: readonly OperationBar[],
  available: number,
  keep: (index: number) => boolean = () => true,
  dense = false,
): LaneLayout {
  const clients = new Map<number, Set<string>>();
  for (const { host, lane } of operations) {
    clients.set(host, (clients.get(host) ?? new Set<string>()).add(lane));
  }
  const shown = lanes.flatMap((lane, index) => (keep(index) ? [{ lane, index }] : []));
  const rowsOf = (lane: Lane): number => Math.min(ROWS_MAX, clients.get(lane.host)?.size ?? 0);
  const roles = new Set(shown.map(({ lane }) => lane.role)).size;
  const fixed =
    shown.reduce((sum, { lane }) => sum + rowsOf(lane) * ROW_HEIGHT, 0) +
    Math.max(0, roles - 1) * ROLE_GAP +
    2 * EDGE;
  const share = (available - fixed) / Math.max(1, shown.length);
  const plain = Math.max(dense ? PLAIN_DENSE : PLAIN_MIN, Math.min(PLAIN_MAX, share));
  const boxes: LaneBox[] = [];
  let top = EDGE;
  let role: string | undefined;
  for (const { lane, index } of shown) {
    if (role !== undefined && lane.role !== role) top += ROLE_GAP;
    role = lane.role;
    const rows = rowsOf(lane);
    const height = plain + rows * ROW_HEIGHT;
    const inner = rows * ROW_HEIGHT;
    // The line is in the middle of what the operations leave.
    const line = top + inner + plain / 2;
    const rowTop = top + Math.max(2, plain / 2 - 14);
    boxes.push({
      lane,
      index,
      top,
      height,
      line: rows === 0 ? line : line + 3,
      rowTop,
      rowHeight: ROW_HEIGHT,
      clients: [...(clients.get(lane.host) ?? [])],
    });
    top += height;
  }
  return {
    boxes,
    byHost: new Map(boxes.map((box) => [box.lane.host, box])),
    total: top + EDGE,
  };
}

/** The row of an operation's bar in its lane. */
export function rowOf(box: LaneBox, client: string): number {
  return Math.min(ROWS_MAX - 1, Math.max(0, box.clients.indexOf(client)));
}
