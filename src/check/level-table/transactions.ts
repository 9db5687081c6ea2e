/**
 * The levels of isolation of transactions.
 *
 * After Adya's thesis ("Weak Consistency", 1999), Cerone, Bernardi and Gotsman ("A Framework for
 * Transactional Consistency Models with Atomic Visibility", 2015), Bailis and others ("Highly Available
 * Transactions", 2013), Daudjee and Salem (2004, 2006), and Elle's table of models, whose judgements this
 * table agrees with. "Serializable" means conflict serializable; snapshot isolation is the generalized one.
 */
import type { Example, Level } from "./schema.ts";

const dirtyWrite =
  "A: [a x 1, a y 1]\nB: [a x 2, a y 2]\nC:                   [r x {1 2}, r y {2 1}]";
const abortedRead = "A: [a x 1]!\nB:             [r x {1}]";
const fracturedRead = "A: [w x 1, w y 1]\nB:   [r y nil, r x 1]";
const missingCause =
  "A: [w x 1]\nB:         [r x 1, w y 1]\nC:                        [r y 1, r x nil]";
const longFork = "A: [w x 1]\nB: [w y 1]\nC:         [r x 1, r y nil]\nD:         [r x nil, r y 1]";
const lostUpdate = "A: [r x nil, w x 1]\nB:   [r x nil, w x 2]\nC:                        [r x 2]";
const writeSkew =
  "A: [r x nil, r y nil, w x 1]\nB:   [r x nil, r y nil, w y 1]\nC:                                [r x 1, r y 1]";
const ownWriteMissed = "A: [w x 1] [r x nil]";
const staleRead = "A: [w x 1]\nB:          [r x nil]";
const ownVersionsReversed = "A: [a x 1] [a x 2]\nB:                   [r x {2 1}]";
const versionsReversed = "A: [a x 1]\nB:         [a x 2]\nC:                 [r x {2 1}]";
const effectBeforeCause = "A: [r x {1}] [a y 1]\nB:           [r y {1}, a x 1]";
const effectBeforeCauseElsewhere =
  "A: [r x {1}]\nB:           [a y 1]\nC:                [r y {1}, a x 1]";

function allowed(timeline: string, why: string): Example {
  return { allowed: true, why, timeline };
}

function forbidden(timeline: string, why: string): Example {
  return { allowed: false, why, timeline };
}

/** The second sentence of the strong levels: their difference from the plain level. */
const byRealTime =
  "A transaction that began after another had completed comes after it, whichever sessions the two belong to.";
const bySession = "Transactions of one session count in the order in which the session ran them.";

/** Every level of transactions, from the weakest to the strongest. */
export const transactionLevels: readonly Level[] = [
  {
    name: "read-uncommitted",
    aliases: ["PL-1"],
    title: "Read uncommitted",
    of: "transactions",
    description: [
      "All keys agree on the order in which transactions wrote.",
      "Reads may see anything, what was never committed included.",
    ],
    implies: [],
    forbids: ["G0", "duplicate-elements", "cyclic-versions", "PL-1-cycle-exists"],
    source: "Adya 1999",
    examples: [
      allowed(abortedRead, "B read what A wrote, though A was aborted."),
      forbidden(dirtyWrite, "A is first in x and B is first in y: the writes are interleaved."),
    ],
  },
  {
    name: "read-committed",
    aliases: ["PL-2"],
    title: "Read committed",
    of: "transactions",
    description: [
      "Transactions read only what committed transactions left in the end.",
      "Information flows one way, yet two reads of one transaction may come from different moments.",
    ],
    implies: ["read-uncommitted"],
    forbids: ["G1", "thin-air-read", "PL-2-cycle-exists"],
    source: "Adya 1999",
    needs:
      "Over lists this is Adya's PL-2. Over registers it is the read committed of Biswas and Enea (2019) that AWDIT decides, which also forbids a transaction's later reads to miss what its earlier ones revealed.",
    examples: [
      allowed(
        fracturedRead,
        "B read y before A and x after A: read skew, but nothing uncommitted.",
      ),
      forbidden(abortedRead, "B read what A wrote, and A was aborted."),
    ],
  },
  {
    name: "monotonic-view",
    aliases: ["PL-2L"],
    title: "Monotonic view",
    of: "transactions",
    description: [
      "As read committed, and a transaction's later reads depend on all that its earlier ones did.",
      "What a transaction sees only ever moves forward.",
    ],
    implies: ["read-committed"],
    forbids: ["G1", "G-monotonic"],
    source: "Adya 1999",
    needs:
      "Decided as far as Elle decides it: by the anomalies that it shares with its neighbours. G-monotonic on its own is not looked for, so a history that holds here may still break it.",
    examples: [
      allowed(fracturedRead, "B read y before A and x after A: its view moved forward."),
      forbidden(abortedRead, "B read what A wrote, and A was aborted."),
    ],
  },
  {
    name: "monotonic-snapshot-read",
    aliases: ["PL-MSR"],
    title: "Monotonic snapshot reads",
    of: "transactions",
    description: [
      "Each read sees a snapshot of what was committed.",
      "The snapshot may move forward within a transaction, never back.",
    ],
    implies: ["read-committed"],
    forbids: ["G1", "G-MSR"],
    source: "Adya 1999",
    needs:
      "Decided as far as Elle decides it: by the anomalies that it shares with its neighbours. G-MSR on its own is not looked for, so a history that holds here may still break it.",
    examples: [
      allowed(fracturedRead, "B read y before A and x after A: its snapshot moved forward."),
      forbidden(abortedRead, "B read what A wrote, and A was aborted."),
    ],
  },
  {
    name: "cursor-stability",
    aliases: ["PL-CS"],
    title: "Cursor stability",
    of: "transactions",
    description: [
      "As read committed, and no row changes under a cursor that stands on it.",
      "An update through the cursor is therefore never lost.",
    ],
    implies: ["read-committed"],
    forbids: ["G1", "G-cursor", "lost-update"],
    source: "Adya 1999; Bailis et al. 2013",
    needs:
      "Decided as far as Elle decides it: by the anomalies that it shares with its neighbours. G-cursor on its own is not looked for, so a history that holds here may still break it.",
    examples: [
      allowed(fracturedRead, "Only rows under a cursor that updates them are kept still."),
      forbidden(lostUpdate, "A and B both read the empty x and both wrote it: A's update is lost."),
    ],
  },
  {
    name: "monotonic-atomic-view",
    aliases: ["MAV"],
    title: "Monotonic atomic view",
    of: "transactions",
    description: [
      "Once a transaction has seen one effect of another, it sees all effects of that other one.",
      "Reads before that moment may still miss them.",
    ],
    implies: ["read-committed"],
    source: "Bailis et al. 2013",
    examples: [],
  },
  {
    name: "consistent-view",
    aliases: ["PL-2+"],
    title: "Consistent view",
    of: "transactions",
    description: [
      "A transaction reads a state in which all it depends on is complete.",
      "There is no read skew, but write skew remains.",
    ],
    implies: ["cursor-stability", "monotonic-view"],
    forbids: ["G1", "G-single"],
    source: "Adya 1999",
    examples: [
      allowed(writeSkew, "A and B each read a consistent state."),
      forbidden(fracturedRead, "B missed A's y and saw A's x: read skew."),
    ],
  },
  {
    name: "forward-consistent-view",
    aliases: ["PL-FCV"],
    title: "Forward consistent view",
    of: "transactions",
    description: [
      "As consistent view, and the view does not miss transactions on which later ones depend.",
      "A transaction may read past its own start, to a consistent later state.",
    ],
    implies: ["consistent-view"],
    forbids: ["G1", "G-SIb"],
    source: "Adya 1999",
    needs:
      "Decided as far as Elle decides it: by the anomalies that it shares with its neighbours. G-SIb on its own is not looked for, so a history that holds here may still break it.",
    examples: [
      allowed(writeSkew, "A and B each read a consistent state."),
      forbidden(fracturedRead, "B missed A's y and saw A's x: read skew."),
    ],
  },
  {
    name: "read-atomic",
    aliases: ["RA"],
    title: "Read atomic",
    of: "transactions",
    description: [
      "A transaction sees all or none of another's writes.",
      "It need not see what that other one had seen.",
    ],
    implies: ["monotonic-atomic-view"],
    forbids: ["internal", "G1a", "future-read", "fractured-read"],
    source: "Bailis et al. 2014; Cerone et al. 2015",
    examples: [
      allowed(
        missingCause,
        "C saw B's write, but not A's, on which B's rests: that is no half of B.",
      ),
      forbidden(fracturedRead, "B saw A's x and missed A's y."),
    ],
  },
  {
    name: "update-atomic",
    aliases: ["UA"],
    title: "Update atomic",
    of: "transactions",
    description: [
      "As read atomic, and of two transactions that update one key, one sees the other.",
      "Updates are thus never lost.",
    ],
    implies: ["read-atomic"],
    forbids: ["lost-update"],
    source: "Cerone et al. 2015",
    examples: [
      allowed(longFork, "Nobody lost an update; C and D may see the writes in either order."),
      forbidden(lostUpdate, "A and B both read the empty x and both wrote it."),
    ],
  },
  {
    name: "causal-cerone",
    aliases: ["transactional-causal", "TCC", "transactional-causal-consistency"],
    title: "Causal (transactions)",
    of: "transactions",
    description: [
      "As read atomic, and whoever sees a transaction also sees all that it depends on, through sessions and reads.",
      "Concurrent updates of a key may overwrite each other.",
    ],
    implies: ["read-atomic"],
    forbids: ["internal", "G1a", "causal-violation"],
    source: "Cerone et al. 2015; Biswas and Enea 2019",
    examples: [
      allowed(longFork, "C and D saw the two independent writes in opposite orders."),
      forbidden(missingCause, "C saw B's write and missed A's, which B had read."),
    ],
  },
  {
    name: "prefix",
    aliases: ["prefix-consistency", "PC"],
    title: "Prefix",
    of: "transactions",
    description: [
      "There is one order of commits, and every transaction sees a prefix of it.",
      "Two concurrent transactions may still update one key and lose one of the updates.",
    ],
    implies: ["causal-cerone"],
    forbids: ["internal", "G1a", "long-fork"],
    source: "Cerone et al. 2015",
    examples: [
      allowed(lostUpdate, "A and B both read the empty x and both write it: A's update is lost."),
      forbidden(longFork, "C saw A's write alone, and D saw B's alone: no one order has both."),
    ],
  },
  {
    name: "parallel-snapshot-isolation",
    aliases: ["PSI"],
    title: "Parallel snapshot isolation",
    of: "transactions",
    description: [
      "As causal, and of two concurrent transactions that write one key only one commits.",
      "Sites may apply independent transactions in different orders.",
    ],
    implies: ["causal-cerone", "update-atomic"],
    forbids: ["internal", "G1a"],
    source: "Sovran et al. 2011; Cerone et al. 2015",
    examples: [
      allowed(longFork, "C and D saw the two independent writes in opposite orders."),
      forbidden(lostUpdate, "A and B both read the empty x and both wrote it."),
    ],
  },
  {
    name: "snapshot-isolation",
    aliases: ["PL-SI", "SI"],
    title: "Snapshot isolation",
    of: "transactions",
    description: [
      "A transaction reads from one snapshot, and commits only if no other has written its keys since.",
      "Two transactions that read what the other writes may still both commit: write skew.",
    ],
    implies: [
      "forward-consistent-view",
      "monotonic-atomic-view",
      "monotonic-snapshot-read",
      "parallel-snapshot-isolation",
      "prefix",
    ],
    forbids: ["internal", "G1", "G-SI", "G-nonadjacent", "PL-SI-cycle-exists"],
    source: "Berenson et al. 1995; Elnikety et al. 2005; Cerone and Gotsman 2016",
    examples: [
      allowed(writeSkew, "A and B read the same snapshot and wrote different keys."),
      forbidden(longFork, "C saw A's write alone, and D saw B's alone: no snapshots fit both."),
    ],
  },
  {
    name: "repeatable-read",
    aliases: ["PL-2.99"],
    title: "Repeatable read",
    of: "transactions",
    description: [
      "Transactions are serializable as long as they read by key.",
      "Reads by predicate may miss rows (phantoms).",
    ],
    implies: ["cursor-stability", "monotonic-atomic-view"],
    forbids: ["G1", "G2-item", "PL-2.99-cycle-exists", "lost-update"],
    source: "Adya 1999",
    examples: [
      allowed(ownWriteMissed, "The read may stand before the write, although A ran it later."),
      forbidden(writeSkew, "Whichever of A and B is first, the other should have seen its write."),
    ],
  },
  {
    name: "update-serializable",
    aliases: ["PL-3U"],
    title: "Update serializable",
    of: "transactions",
    description: [
      "The transactions that write are serializable among themselves.",
      "Each reader sees a state of such an order, and two readers may see different orders.",
    ],
    implies: ["forward-consistent-view"],
    forbids: ["G1", "G-update"],
    source: "Adya 1999",
    needs:
      "That the writers are serializable among themselves is decided completely, for lists and registers. What the readers saw is judged by the anomalies that the level shares with its neighbours: the result notes where that only infers that it holds.",
    examples: [
      allowed(longFork, "A and B are serializable, and so is each reader with them."),
      forbidden(fracturedRead, "B missed A's y and saw A's x: no serial order has such a state."),
    ],
  },
  {
    name: "view-serializable",
    title: "View serializable",
    of: "transactions",
    description: [
      "The reads and the final state are those of some serial order.",
      "Writes that nobody read may be in any order.",
    ],
    implies: [],
    source: "Bernstein et al. 1987",
    examples: [],
  },
  {
    name: "1SR",
    aliases: ["one-copy-serializable"],
    title: "One-copy serializable",
    of: "transactions",
    description: [
      "Replicated data behaves as one copy on which the transactions ran one after another.",
      "It says nothing of sessions or of real time.",
    ],
    implies: [],
    source: "Bernstein et al. 1987",
    examples: [],
  },
  {
    name: "serializable",
    aliases: ["PL-3", "conflict-serializable", "SER", "serializability"],
    title: "Serializable",
    of: "transactions",
    description: [
      "Some serial order of the transactions explains all they read.",
      "The order need not follow sessions or real time, so a read may be arbitrarily stale.",
    ],
    implies: ["repeatable-read", "update-serializable", "snapshot-isolation", "view-serializable"],
    forbids: ["internal", "G1", "G2", "predicate-read-miss", "PL-3-cycle-exists"],
    source: "Papadimitriou 1979; Adya 1999",
    examples: [
      allowed(ownWriteMissed, "The read may stand before the write, although A ran it later."),
      forbidden(writeSkew, "Whichever of A and B is first, the other should have seen its write."),
    ],
  },
  {
    name: "session-serializable",
    title: "Session serializable",
    of: "transactions",
    description: [
      "One-copy serializable, and sessions read their own writes.",
      "It is named for the map's sake and ruled out with what it implies.",
    ],
    implies: ["1SR"],
    source: "Zuikevičiūtė and Pedone 2008",
    examples: [],
  },
  {
    name: "strong-session-read-uncommitted",
    aliases: ["strong-session-PL-1"],
    title: "Strong session read uncommitted",
    of: "transactions",
    description: [
      "As read uncommitted, and the order of writes agrees with every session's order.",
      bySession,
    ],
    implies: ["read-uncommitted"],
    forbids: ["strong-session-PL-1-cycle-exists", "G0-process"],
    source: "Elle, after Daudjee and Salem 2006",
    examples: [
      allowed(versionsReversed, "The appends come from different sessions."),
      forbidden(ownVersionsReversed, "A appended 1 before 2, and x has them the other way round."),
    ],
  },
  {
    name: "strong-session-read-committed",
    aliases: ["strong-session-PL-2"],
    title: "Strong session read committed",
    of: "transactions",
    description: [
      "As read committed, and information never flows against a session's order.",
      bySession,
    ],
    implies: ["read-committed", "strong-session-read-uncommitted"],
    forbids: ["strong-session-PL-2-cycle-exists", "G1c-process"],
    source: "Elle, after Daudjee and Salem 2006",
    examples: [
      allowed(
        effectBeforeCauseElsewhere,
        "The circle closes only by the clock, over two sessions.",
      ),
      forbidden(effectBeforeCause, "A read B's x before it appended the y that B had read."),
    ],
  },
  {
    name: "strong-read-uncommitted",
    aliases: ["strong-PL-1"],
    title: "Strong read uncommitted",
    of: "transactions",
    description: [
      "As read uncommitted, and the order of writes agrees with real time.",
      byRealTime,
    ],
    implies: ["strong-session-read-uncommitted"],
    forbids: ["strong-PL-1-cycle-exists", "G0-realtime"],
    source: "Elle, after Daudjee and Salem 2006",
    examples: [
      allowed(abortedRead, "Only the order of writes counts here, and there is nothing to order."),
      forbidden(versionsReversed, "A had appended 1 when B began to append 2, and x has 2 first."),
    ],
  },
  {
    name: "strong-read-committed",
    aliases: ["strong-PL-2"],
    title: "Strong read committed",
    of: "transactions",
    description: ["As read committed, and information never flows against real time.", byRealTime],
    implies: ["strong-session-read-committed", "strong-read-uncommitted"],
    forbids: ["strong-PL-2-cycle-exists", "G1c-realtime"],
    source: "Elle, after Daudjee and Salem 2006",
    examples: [
      allowed(staleRead, "A stale read takes no information from the future."),
      forbidden(
        effectBeforeCauseElsewhere,
        "A read C's x, and had completed before B appended the y that C had read.",
      ),
    ],
  },
  {
    name: "strong-session-read-atomic",
    title: "Strong session read atomic",
    of: "transactions",
    description: [
      "As read atomic, and a transaction sees all that its session wrote before.",
      bySession,
    ],
    implies: ["read-atomic", "strong-session-read-committed"],
    source: "Biswas and Enea 2019",
    examples: [
      allowed(missingCause, "C need not see what B had read, as B is another session."),
      forbidden(ownWriteMissed, "A's second transaction does not see A's first."),
    ],
  },
  {
    name: "strong-session-causal",
    aliases: ["causal-sessions"],
    title: "Strong session causal",
    of: "transactions",
    description: [
      "As causal, where a transaction also depends on all that its session did before.",
      bySession,
    ],
    implies: ["causal-cerone", "strong-session-read-atomic"],
    source: "Biswas and Enea 2019",
    examples: [
      allowed(longFork, "C and D saw the two independent writes in opposite orders."),
      forbidden(ownWriteMissed, "A's second transaction does not see A's first."),
    ],
  },
  {
    name: "strong-session-prefix",
    title: "Strong session prefix",
    of: "transactions",
    description: [
      "As prefix, and the prefix that a transaction sees holds all its session did before.",
      bySession,
    ],
    implies: ["prefix", "strong-session-causal"],
    source: "Biswas and Enea 2019",
    examples: [
      allowed(lostUpdate, "A and B both read the empty x and both write it: A's update is lost."),
      forbidden(ownWriteMissed, "A's second transaction does not see A's first."),
    ],
  },
  {
    name: "strong-session-snapshot-isolation",
    aliases: ["strong-session-SI"],
    title: "Strong session snapshot isolation",
    of: "transactions",
    description: [
      "As snapshot isolation, and a transaction's snapshot holds all its session did before.",
      bySession,
    ],
    implies: ["snapshot-isolation", "strong-session-prefix"],
    forbids: [
      "internal",
      "G1-process",
      "G-nonadjacent-process",
      "strong-session-snapshot-isolation-cycle-exists",
    ],
    source: "Daudjee and Salem 2006; Cerone and Gotsman 2016",
    examples: [
      allowed(staleRead, "B's snapshot may be old, as long as its own session is in it."),
      forbidden(ownWriteMissed, "A's second transaction does not see A's first."),
    ],
  },
  {
    name: "strong-session-serializable",
    aliases: ["strong-session-SER"],
    title: "Strong session serializable",
    of: "transactions",
    description: [
      "As serializable, and the serial order agrees with every session's order.",
      bySession,
    ],
    implies: ["serializable", "strong-session-snapshot-isolation"],
    forbids: ["G1-process", "G2-process", "strong-session-serializable-cycle-exists"],
    source: "Daudjee and Salem 2004",
    examples: [
      allowed(staleRead, "The sessions differ, so B's read may stand before A's write."),
      forbidden(ownWriteMissed, "A read x after writing it and got the value from before."),
    ],
  },
  {
    name: "strong-snapshot-isolation",
    aliases: ["strict-snapshot-isolation", "strong-SI"],
    title: "Strong snapshot isolation",
    of: "transactions",
    description: [
      "As snapshot isolation, and a snapshot holds all that had committed when the transaction began.",
      byRealTime,
    ],
    implies: ["strong-session-snapshot-isolation", "strong-read-committed"],
    forbids: [
      "internal",
      "G1-realtime",
      "G-nonadjacent-realtime",
      "strong-snapshot-isolation-cycle-exists",
    ],
    source: "Daudjee and Salem 2006",
    examples: [
      allowed(writeSkew, "Concurrent transactions may still miss each other."),
      forbidden(staleRead, "A had committed when B began, yet B does not see it."),
    ],
  },
  {
    name: "strict-serializable",
    aliases: ["PL-SS", "strong-serializable", "strict-serializability"],
    title: "Strict serializable",
    of: "transactions",
    description: [
      "As serializable, and the serial order agrees with real time.",
      "It is linearizability of whole transactions: the system behaves as one machine that runs them one by one.",
    ],
    implies: [
      "serializable",
      "linearizable",
      "snapshot-isolation",
      "strong-snapshot-isolation",
      "strong-session-serializable",
      "session-serializable",
    ],
    forbids: ["G1", "G1c-realtime", "G2-realtime", "PL-SS-cycle-exists"],
    source: "Papadimitriou 1979; Adya 1999",
    examples: [
      allowed("A: [   w x 1   ]\nB:    [r x nil]", "The two overlap, so the read may be first."),
      forbidden(staleRead, "A had committed when B began, yet B does not see it."),
    ],
  },
];
