/**
 * The referee: levels by their axioms (Biswas and Enea, "On the Complexity of Checking Transactional
 * Consistency", OOPSLA 2019), decided by trying every order of commits. It shares nothing with the
 * checkers, and is of use up to six transactions or so.
 */
import type { Small } from "./make.ts";

/** A read from outside: of `key`, what transaction `from` wrote last; -1 for the first state. */
interface Read {
  readonly key: string;
  readonly from: number;
}

interface View {
  readonly reads: readonly Read[];
  readonly writes: ReadonlySet<string>;
}

/** Which order, besides the data's, every order of commits must contain. */
export type Base = "none" | "session" | "realtime";

function views(history: readonly Small[]): View[] {
  const writer = new Map<string, number>();
  history.forEach(({ mops }, t) => {
    for (const [f, key, value] of mops)
      if (f === "w") writer.set(`${String(key)}=${String(value)}`, t);
  });
  return history.map(({ mops }) => {
    const reads: Read[] = [];
    const writes = new Set<string>();
    for (const [f, key, value] of mops) {
      const name = String(key);
      if (f === "w") writes.add(name);
      else if (!writes.has(name)) {
        const from = value === null ? -1 : (writer.get(`${name}=${String(value)}`) as number);
        reads.push({ key: name, from });
      }
    }
    return { reads, writes };
  });
}

function precedes(history: readonly Small[], base: Base): boolean[][] {
  return history.map((a) =>
    history.map((b) => {
      if (a === b || base === "none") return false;
      const before = (a.to as number) < (b.from as number);
      return before && (base === "realtime" || a.process === b.process);
    }),
  );
}

/** Whether `history` (all ok, internally consistent) satisfies the level whose name without prefix is `kind`. */
export function holds(history: readonly Small[], kind: string, base: Base): boolean {
  const n = history.length;
  const all = views(history);
  const so = precedes(history, base);
  const wr = (a: number, b: number): boolean =>
    (all[b] as View).reads.some((read) => read.from === a);
  const direct = (a: number, b: number): boolean =>
    a !== b && (((so[a] as boolean[])[b] as boolean) || wr(a, b));
  const reach = closure(n, direct);
  const happensBefore = (a: number, b: number): boolean => (reach[a] as boolean[])[b] as boolean;
  if (kind === "parallel") return someVersionOrder(n, all, so);
  return someOrder(n, direct, (place) => {
    const co = (a: number, b: number): boolean => (place[a] as number) < (place[b] as number);
    return all.every((view, t3) =>
      view.reads.every((read, at) => {
        for (let t2 = 0; t2 < n; t2++) {
          if (t2 === read.from || t2 === t3 || !(all[t2] as View).writes.has(read.key)) continue;
          const mustPrecede = rule(kind, { t2, t3, at, n, all, view, direct, happensBefore, co });
          if (mustPrecede && (read.from === -1 || !co(t2, read.from))) return false;
        }
        return true;
      }),
    );
  });
}

interface Situation {
  readonly t2: number;
  readonly t3: number;
  readonly at: number;
  readonly n: number;
  readonly all: readonly View[];
  readonly view: View;
  readonly direct: (a: number, b: number) => boolean;
  readonly happensBefore: (a: number, b: number) => boolean;
  readonly co: (a: number, b: number) => boolean;
}

/** Whether the axiom of `kind` says that t2 must precede the transaction that t3 read from. */
function rule(kind: string, s: Situation): boolean {
  const { t2, t3, n } = s;
  const some = (test: (t4: number) => boolean): boolean => {
    for (let t4 = 0; t4 < n; t4++) if (test(t4)) return true;
    return false;
  };
  const upTo = (a: number, b: number): boolean => a === b || s.co(a, b);
  switch (kind) {
    case "read-committed":
      return s.view.reads.slice(0, s.at).some((earlier) => earlier.from === t2);
    case "read-atomic":
      return s.direct(t2, t3);
    case "causal":
      return s.happensBefore(t2, t3);
    case "prefix":
      return some((t4) => upTo(t2, t4) && s.direct(t4, t3));
    case "snapshot":
      return some(
        (t4) =>
          upTo(t2, t4) &&
          (s.direct(t4, t3) ||
            (t4 !== t3 &&
              s.co(t4, t3) &&
              [...(s.all[t4] as View).writes].some((key) => s.view.writes.has(key)))),
      );
    case "serializable":
      return s.co(t2, t3);
    default:
      throw new Error(`no axiom for ${kind}`);
  }
}

function closure(n: number, edge: (a: number, b: number) => boolean): boolean[][] {
  const reach = Array.from({ length: n }, (_, a) =>
    Array.from({ length: n }, (_unused, b) => edge(a, b)),
  );
  for (let k = 0; k < n; k++) {
    for (let a = 0; a < n; a++) {
      if (!(reach[a] as boolean[])[k]) continue;
      for (let b = 0; b < n; b++) {
        if ((reach[k] as boolean[])[b]) (reach[a] as boolean[])[b] = true;
      }
    }
  }
  return reach;
}

/** Whether some total order that contains `edge` passes `test`. */
function someOrder(
  n: number,
  edge: (a: number, b: number) => boolean,
  test: (place: number[]) => boolean,
): boolean {
  const place = new Array<number>(n).fill(-1);
  const extend = (at: number): boolean => {
    if (at === n) return test(place);
    for (let t = 0; t < n; t++) {
      if (place[t] !== -1) continue;
      let ready = true;
      for (let other = 0; other < n && ready; other++) {
        if (place[other] === -1 && other !== t && edge(other, t)) ready = false;
      }
      if (!ready) continue;
      place[t] = at;
      if (extend(at + 1)) return true;
      place[t] = -1;
    }
    return false;
  };
  return extend(0);
}

/** Parallel snapshot isolation: some order of each key's versions, with no cycle of at most one rw. */
function someVersionOrder(n: number, all: readonly View[], so: readonly boolean[][]): boolean {
  const keys = [...new Set(all.flatMap((view) => [...view.writes]))];
  const orders = keys.map((key) =>
    permutations(
      Array.from({ length: n }, (_, t) => t).filter((t) => (all[t] as View).writes.has(key)),
    ),
  );
  const choose = (at: number, chosen: readonly (readonly number[])[]): boolean => {
    if (at < keys.length) {
      return (orders[at] as number[][]).some((order) => choose(at + 1, [...chosen, order]));
    }
    const edge = (a: number, b: number): boolean =>
      a !== b &&
      (((so[a] as boolean[])[b] as boolean) ||
        (all[b] as View).reads.some((read) => read.from === a) ||
        chosen.some((order) => order.includes(a) && order.indexOf(a) < order.indexOf(b)));
    const reach = closure(n, edge);
    for (let t = 0; t < n; t++) if ((reach[t] as boolean[])[t]) return false;
    return all.every((view, r) =>
      view.reads.every((read) => {
        const order = chosen[keys.indexOf(read.key)] ?? [];
        const missed = order.slice(read.from === -1 ? 0 : order.indexOf(read.from) + 1);
        return missed.every((b) => b === r || !(reach[b] as boolean[])[r]);
      }),
    );
  };
  return choose(0, []);
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
