/**
 * Planted bugs: in each algorithm one or more slips of the kind that is easily made. The suite must notice
 * every one. When code moves and a snippet is no longer found, choose the same slip in the new code.
 */

/** A bug to plant. */
export interface Mutant {
  /** The file, below `src/check`. */
  readonly file: string;
  /** What the code says, and what it would say with the bug. `find` stands in the file once. */
  readonly find: string;
  readonly put: string;
  /** The subjects (by a part of their names) that meet this code. */
  readonly subjects: readonly string[];
}

function mutant(file: string, find: string, put: string, ...subjects: string[]): Mutant {
  return { file, find, put, subjects };
}

const objects: readonly Mutant[] = [
  mutant(
    "objects/zones.ts",
    "if (later.minComplete < earlier.maxInvoke) return",
    "if (later.minComplete + 9 < earlier.maxInvoke) return",
    "zones",
  ),
  mutant(
    "objects/zones.ts",
    "if (outer && inner.minComplete < outer.maxInvoke)",
    "if (false as boolean && outer)",
    "zones",
  ),
  mutant(
    "objects/zones.ts",
    "if (operation.invokeRank > cluster.maxInvoke)",
    "if (operation.invokeRank < cluster.maxInvoke)",
    "zones",
  ),
  mutant(
    "objects/elements.ts",
    "if (element.take) {",
    "if (element.take && element.takeCall < 0) {",
    "bag",
    "FIFO",
  ),
  mutant(
    "objects/elements.ts",
    "if (operation.completeRank < element.putCall) {",
    "if (operation.completeRank > element.putReturn) {",
    "bag",
  ),
  mutant(
    "objects/elements.ts",
    "if (owners) return emptyVerdict(empty, owners, elements);",
    "if (owners && owners.length > 3) return emptyVerdict(empty, owners, elements);",
    "bag",
  ),
  mutant(
    "objects/elements.ts",
    "a.takeCall > latest.takeCall) latest = a",
    "a.takeCall < latest.takeCall) latest = a",
    "FIFO",
  ),
  mutant(
    "objects/elements.ts",
    "latest.takeCall > b.takeReturn",
    "latest.takeReturn > b.takeReturn",
    "FIFO",
  ),
  mutant(
    "objects/elements.ts",
    "if (free(from) >= at(takeReturn))",
    "if (free(from) > at(takeReturn) + 2)",
    "unique-value priority",
  ),
  mutant(
    "objects/elements.ts",
    "at(Math.max(putCall, takeCall))",
    "at(putCall)",
    "unique-value priority",
  ),
  mutant(
    "objects/specialist.ts",
    "to < (this.#ends[at] as number)",
    "to <= (this.#starts[at] as number)",
    "bag",
  ),
  mutant(
    "objects/stack-laminar.ts",
    "if (++ready[i]! < 2) return;",
    "if (++ready[i]! < 1) return;",
    "unique-value stack",
  ),
  mutant(
    "objects/stack-laminar.ts",
    "if (peeled === 0) return tangled",
    "if (peeled < 0) return tangled",
    "unique-value stack",
  ),
  mutant(
    "objects/stack-laminar.ts",
    "at !== -1 && pops.get(at) > to;",
    "at !== -1 && pops.get(at) >= from;",
    "unique-value stack",
  ),
  mutant(
    "objects/sets.ts",
    "const broken = notAChain(reads);",
    "const broken = undefined as SpecialistResult;",
    "grow-only",
  ),
  mutant(
    "objects/sets.ts",
    "highest.low > later.high",
    "highest.low > later.high + 1",
    "grow-only",
  ),
  mutant(
    "objects/sets.ts",
    "if (said !== undefined && said !== has) return undefined;",
    "",
    "set, search",
  ),
  mutant("objects/front.ts", "if (below) return false;", "if (!above) return false;", "search"),
  mutant(
    "objects/search.ts",
    "if (!done || goesOn) this.#closure.add",
    "if (done && goesOn) this.#closure.add",
    "search",
  ),
  mutant("objects/search.ts", "scratch[word] = (scratch[word] as number) & ~bit;", "", "search"),
  mutant(
    "objects/search.ts",
    "if (next === impossible || next === state) return;",
    "if (next === state) return;",
    "search",
  ),
  mutant(
    "objects/registers.ts",
    'if (f === "write") return { state: input ?? null };',
    'if (f === "write") return { state: state ?? input ?? null };',
    "register, search",
  ),
  mutant(
    "objects/registers.ts",
    "return same(state, from) ? { state: to } : undefined;",
    "return { state: to };",
    "cas-register",
  ),
  mutant(
    "objects/cells.ts",
    "return { state: appended(state, input) };",
    "return { state: input };",
    "map, search",
  ),
  mutant(
    "objects/cells.ts",
    "if (this.#sorted[low]?.startsWith(text)) return state;",
    "if (this.#sorted[low] === text) return state;",
    "map, search",
  ),
  mutant(
    "objects/cells.ts",
    "if (Array.isArray(state)) return unreadList;",
    "if (this.#sorted.length > 0) return undefined;",
    "map, search",
  ),
  mutant(
    "objects/appended-texts.ts",
    "if (latest && latest.invokeRank > operation.completeRank) {",
    "if (latest && latest.invokeRank > operation.completeRank + 9) {",
    "texts",
  ),
  mutant(
    "objects/appended-texts.ts",
    'if (operation.outcome !== "ok" || seen.has(operation)) continue;',
    'if (operation.outcome !== "ok" || seen.size > 0) continue;',
    "texts",
  ),
  mutant(
    "objects/appended-texts.ts",
    "if (version.next.token !== token) return forked",
    "if (version.next.token > token) return forked",
    "texts",
  ),
  mutant("objects/epochs.ts", "!shown.has(append) &&", "", "repeated texts"),
  mutant("objects/tokens.ts", "found += before;", "found = before;", "repeated texts"),
  mutant(
    "objects/unwritten.ts",
    "if (first !== undefined && first < operation.completeRank) return undefined;",
    "if (first !== undefined && first < operation.invokeRank) return undefined;",
    "register, search",
  ),
  mutant(
    "objects/collections.ts",
    'collection("fifo-queue", () => 0)',
    'collection("fifo-queue", (items) => items.length - 1)',
    "fifo-queue",
  ),
  mutant(
    "objects/collections.ts",
    'collection("stack", (items) => items.length - 1)',
    'collection("stack", () => 0)',
    "stack, search",
  ),
  mutant(
    "objects/collections.ts",
    "if (lessThan(items[i], items[at])) at = i",
    "if (lessThan(items[at], items[i])) at = i",
    "priority-queue, search",
  ),
  mutant(
    "objects/collections.ts",
    "if (at === -1 || items.length - 1 < lost) return undefined;",
    "if (at === -1) return { state: { items, lost } };",
    "unordered-queue",
  ),
  mutant(
    "objects/locks.ts",
    'return holder === "" ? { state: nameOf(operation) } : undefined;',
    "return { state: nameOf(operation) };",
    "mutex, search",
  ),
  mutant(
    "objects/locks.ts",
    "return count === 0 || holder === name",
    "return count < 2 || holder === name",
    "reentrant",
  ),
  mutant(
    "objects/locks.ts",
    "return left >= asked ? { state: left - asked }",
    "return left >= 0 ? { state: left - asked }",
    "semaphore",
  ),
  mutant(
    "objects/locks.ts",
    'return writer === "" && readers.length === 0',
    'return writer === ""',
    "rw-lock",
  ),
  mutant(
    "objects/tallies.ts",
    "const lost = [...confirmed].filter(([key]) => !taken.has(key));",
    "const lost = [...confirmed].filter(([key]) => taken.has(key) && !taken.has(key));",
    "total-queue",
  ),
  mutant(
    "objects/tallies.ts",
    "takes.length > 1 && attempted.has(key)",
    "takes.length > 2 && attempted.has(key)",
    "total-queue",
  ),
  mutant(
    "objects/tallies.ts",
    "lastSeen < lastMissed && known < lastMissed",
    "lastSeen < lastMissed && known > lastMissed",
    "set-full",
  ),
  mutant(
    "objects/tallies.ts",
    "completeRank < latest.invokeRank && !keys.has(keyOf(input))",
    "completeRank > latest.invokeRank && !keys.has(keyOf(input))",
    "comments",
  ),
  mutant(
    "objects/append-log.ts",
    "else if (other.offset !== offset) {",
    "else if (other.offset < -1) {",
    "log,",
  ),
];

const weak: readonly Mutant[] = [
  mutant(
    "consistency/accesses.ts",
    "!unanswered.has(operation) || wanted.has(operation)",
    "!unanswered.has(operation) || !wanted.has(operation)",
    "tiny",
  ),
  mutant(
    "consistency/accesses.ts",
    "if (identity(values[value]) === identity(initials[key]))",
    "if (sources.length === 0)",
    "tiny",
  ),
  mutant(
    "consistency/causal-order.ts",
    "if (from >= 0) merge(row, from);",
    "if (from > at) merge(row, from);",
    "weak-causal",
    "causal",
  ),
  mutant(
    "consistency/causal-order.ts",
    "clocks[row + own] = before + 1;",
    "clocks[row + own] = before;",
    "causal",
  ),
  mutant(
    "consistency/causal.ts",
    "if (known <= (place[from] as number)) continue;",
    "if (known <= (place[from] as number) + 1) continue;",
    "weak-causal",
  ),
  mutant(
    "consistency/causal.ts",
    "?? conflicts(accesses, causality, budget)",
    "",
    "causal-convergence",
  ),
  mutant(
    "consistency/causal.ts",
    "if (from < 0) continue;\n    budget.demand();\n    for (const { lane: other, writes } of index[key[read] as number] as WriteIndex[number]) {\n      const last = lastBefore(place, writes, clocks[read * width + other] as number);\n      if (last < 0 || last === from) continue;",
    "if (from < 0) continue;\n    budget.demand();\n    for (const { lane: other, writes } of index[key[read] as number] as WriteIndex[number]) {\n      const last = lastBefore(place, writes, clocks[read * width + other] as number);\n      if (last <= 0 || last === from || other === lane[read]) continue;",
    "causal-convergence",
  ),
  mutant(
    "consistency/write-index.ts",
    "if ((place[writes[middle] as number] as number) < end) low = middle + 1;",
    "if ((place[writes[middle] as number] as number) <= end) low = middle + 1;",
    "causal",
    "monotonic-writes",
  ),
  mutant(
    "consistency/views.ts",
    "if (from === INITIAL) return this.#initialAfter(last, read);",
    "if (from === INITIAL) continue;",
    "PRAM",
  ),
  mutant(
    "consistency/views.ts",
    "const isOwnRead = lane[next] === this.#viewer && isWrite[next] === 0;",
    "const isOwnRead = lane[next] !== this.#viewer && isWrite[next] === 0;",
    "PRAM",
    "causal, ",
  ),
  mutant(
    "consistency/sessions.ts",
    "else if ((readsFrom[at] as number) >= INITIAL) {\n        const last",
    "else if ((readsFrom[at] as number) > INITIAL) {\n        const last",
    "read-your-writes",
  ),
  mutant(
    "consistency/sessions.ts",
    "seen.set(key[at] as number, from);",
    "if (!seen.has(key[at] as number)) seen.set(key[at] as number, from);",
    "monotonic-reads",
  ),
  mutant(
    "consistency/sessions.ts",
    "end: place[seen] as number }];",
    "end: (place[seen] as number) - 1 }];",
    "monotonic-writes",
    "writes-follow-reads",
  ),
  mutant(
    "consistency/sessions.ts",
    "todo.push({ write: from, by: at, lane: lane[from] as number, end: place[from] as number });",
    "",
    "writes-follow-reads",
  ),
  mutant(
    "consistency/sessions.ts",
    "(place[known] as number) < (place[from] as number)",
    "(place[known] as number) > (place[from] as number)",
    "writes-follow-reads",
  ),
  mutant(
    "consistency/version-order.ts",
    "if (to === INITIAL) return demand;",
    "if (to === INITIAL) return undefined;",
    "read-your-writes",
    "monotonic",
  ),
  mutant(
    "consistency/version-order.ts",
    "if (this.#demands.length < 2) return undefined;",
    "return undefined;",
    "monotonic-reads",
  ),
  mutant(
    "consistency/version-order.ts",
    "this.#lastTo.get(older) === to",
    "this.#lastTo.has(older)",
    "monotonic-writes",
    "writes-follow-reads",
  ),
  mutant(
    "consistency/saturation.ts",
    'this.#add(last, from, read, "order");',
    'this.#add(from, last, read, "order");',
    "sequential",
  ),
  mutant(
    "consistency/saturation.ts",
    "return writes[low] === self ? writes[low + 1] : writes[low];",
    "return writes[low];",
    "sequential",
  ),
  mutant("consistency/order-search.ts", "this.#states[object] = state;\n", "", "sequential"),
  mutant(
    "consistency/order-search.ts",
    "if (this.#left === 0) return true;",
    "if (this.#left <= 1) return true;",
    "sequential",
  ),
  mutant(
    "consistency/order-solver.ts",
    "for (let place = 1; place < members.length; place++) {",
    "for (let place = 2; place < members.length; place++) {",
    "sequential",
  ),
  mutant(
    "consistency/sequential.ts",
    "if (expected >= 0 && expected !== state) return -1;",
    "if (expected >= 0 && expected > state) return -1;",
    "sequential",
  ),
  mutant(
    "consistency/ambiguous.ts",
    "if (involved !== undefined && involved < depth)",
    "if (involved !== undefined && involved > depth)",
    "repeated values",
  ),
  mutant(
    "consistency/ambiguous.ts",
    "const back = Math.max(-1, ...reasons);",
    "const back = -1;",
    "repeated values",
  ),
  mutant(
    "consistency/eventual.ts",
    "else if (value[first] !== value[at]) {",
    "else if ((value[first] as number) > (value[at] as number)) {",
    "eventual",
  ),
  mutant(
    "consistency/eventual.ts",
    "operation.invokeRank > (lastWriteRank[of] as number)",
    "operation.invokeRank < (lastWriteRank[of] as number)",
    "eventual",
  ),
  mutant(
    "consistency/staleness.ts",
    ".slice(0, versions) };\n      const",
    ".slice(0, versions + 1) };\n      const",
    "staleness of",
  ),
  mutant(
    "consistency/staleness.ts",
    "operation.invokeNs - stalenessNs",
    "operation.invokeNs - 3 * stalenessNs",
    "staleness in time",
  ),
  mutant(
    "consistency/staleness.ts",
    "operation.invokeNs - stalenessNs",
    "operation.invokeNs",
    "staleness in time",
  ),
  mutant(
    "consistency/sequential-model.ts",
    "const same = model.kind?.(operation) ?? ",
    "const same = ",
    "owner-mutex, seq",
    "rw-lock, seq",
  ),
  mutant(
    "consistency/sequential-model.ts",
    'if (linear.result === "holds") return',
    'if (linear.result !== "unknown") return',
    "sequentially",
  ),
];

const transactions: readonly Mutant[] = [
  mutant(
    "transactions/append-graph.ts",
    "if (reader !== t) edges.add(reader, t, RW);",
    "if (reader !== t) edges.add(t, reader, RW);",
    "list-append",
  ),
  mutant(
    "transactions/append-graph.ts",
    "if (writer >= 0 && writer !== t) edges.add(writer, t, WR);",
    "if (writer > t) edges.add(writer, t, WR);",
    "list-append",
  ),
  mutant(
    "transactions/append-graph.ts",
    "if (place === 0) return INIT;",
    "if (place === 0) return version;",
    "list-append",
  ),
  mutant(
    "transactions/append-order.ts",
    "if (best < 0 || length > lists.length(best)) longest[key] = mop;",
    "if (best < 0) longest[key] = mop;",
    "list-append",
  ),
  mutant(
    "transactions/append-order.ts",
    "if (!lists.agree(mop, best, lists.length(mop)))",
    "if (!lists.agree(mop, best, lists.length(mop) - 2))",
    "list-append",
  ),
  mutant(
    "transactions/append-anomalies.ts",
    "if (failed >= 0) aborted[key] = i - from;",
    "",
    "list-append",
  ),
  mutant(
    "transactions/append-anomalies.ts",
    "if (writer < 0 && failed < 0) unwritten[key] = i - from;",
    "",
    "list-append",
  ),
  mutant(
    "transactions/append-anomalies.ts",
    "if (expected === 0) return true;",
    "return true;",
    "list-append",
  ),
  mutant(
    "transactions/precedence.ts",
    "buffered[size++] = done;",
    "buffered[size] = done;",
    "strict-serializable",
  ),
  mutant(
    "transactions/precedence.ts",
    "last[process] = t;",
    "last[process] = last[process] === -1 ? t : -1;",
    "strong-session",
  ),
  mutant(
    "transactions/committed.ts",
    "if (readBy[key] !== t) {",
    "if (readBy[key] === t) {",
    "rw-register",
  ),
  mutant(
    "transactions/weak-levels.ts",
    "if (other !== writer && writes(committed, other, key)) demand",
    "if (other > writer && writes(committed, other, key)) demand",
    "read-committed, small",
  ),
  mutant(
    "transactions/weak-levels.ts",
    "if (stamp[key] === c && source[key] !== writer) {",
    "if (stamp[key] === c && source[key] === FIRST) {",
    "read-atomic, small",
  ),
  mutant(
    "transactions/order-solver.ts",
    "if (r === b || (place[this.#readAt(r)] as number) < next) continue;",
    "if (r !== b || (place[this.#readAt(r)] as number) < next) continue;",
    "rw-register",
  ),
  mutant(
    "transactions/order-solver.ts",
    "if (b === r) continue;",
    "if (b >= r) continue;",
    "rw-register",
  ),
  mutant(
    "transactions/order-solver.ts",
    "if (r === b || !this.#graph.reaches(b, r)) continue;",
    "continue;",
    "parallel-snapshot",
  ),
  mutant(
    "transactions/order-solver.ts",
    "if (this.#split) edges.add(2 * c, 2 * c + 1, 1);",
    "",
    "snapshot-isolation, small",
  ),
  mutant(
    "transactions/long-fork.ts",
    "if (missed === undefined) continue;",
    "if (missed !== undefined) continue;",
    "long-fork",
  ),
];

/** Every planted bug. */
export const mutants: readonly Mutant[] = [...objects, ...weak, ...transactions];
