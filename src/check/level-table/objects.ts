/**
 * The levels of consistency of objects.
 *
 * Where the literature differs, the row says which definition applies. Session guarantees (Terry et al.
 * 1994) are defined by servers, which a history does not show. Here each is judged by what a session can
 * tell from the answers: a later read must not be older than a write that the guarantee puts into the
 * session's view (Bailis et al. 2013 name the same patterns MYR, N-MR, N-MW, MRWD). "Causal" without
 * qualification is causal memory (Ahamad et al. 1995), as on Jepsen's map.
 */
import type { Level } from "./schema.ts";

const uniqueWrites =
  "Polynomial where every write of a key has a value of its own; else a complete search within the budget.";

/** Objects: registers and maps for the weak levels, any model for the two strongest. */
export const objectLevels: readonly Level[] = [
  {
    name: "linearizable",
    aliases: ["linearizability", "atomic", "external-consistency"],
    title: "Linearizable",
    of: "objects",
    description: [
      "Every operation takes effect at one instant between its invocation and its completion.",
      "A read therefore sees every write that completed before it began, whoever wrote it.",
    ],
    implies: ["sequential", "bounded-staleness"],
    forbids: ["no-linearization"],
    source: "Herlihy and Wing 1990",
    examples: [
      {
        allowed: true,
        why: "The two writes overlap, so B's may come first although it began later.",
        timeline: "A: [    w x 1    ]           [r x 1]\nB:     [w x 2]     [r x 1]",
      },
      {
        allowed: false,
        why: "B's write had completed when A began to read, yet A still reads the older value.",
        timeline: "A: [w x 1]           [r x 1]\nB:         [w x 2]",
      },
    ],
  },
  {
    name: "sequential",
    aliases: ["sequential-consistency", "SC"],
    title: "Sequential",
    of: "objects",
    description: [
      "One order of all operations explains every answer, and each session's operations stand in it as the session ran them.",
      "Real time between sessions does not count, so a read may be stale as long as everybody agrees on the order.",
    ],
    implies: ["causal", "causal-convergence"],
    forbids: ["no-sequential-order"],
    source: "Lamport 1979",
    needs: "Any model; NP-complete, so the search may end as unknown when the budget does.",
    examples: [
      {
        allowed: true,
        why: "A's read is stale by the clock, yet the order w x 1, r x 1, w x 2 explains everything.",
        timeline: "A: [w x 1]           [r x 1]\nB:         [w x 2]",
      },
      {
        allowed: false,
        why: "Each session missed the other's write (store buffering): whichever write is first, the other session's read should have seen it.",
        timeline: "A: [w x 1] [r y nil]\nB: [w y 1] [r x nil]",
      },
    ],
  },
  {
    name: "causal",
    aliases: ["causal-memory", "CM", "causal-consistency"],
    title: "Causal memory",
    of: "objects",
    description: [
      "Each session sees all writes in one order of its own that keeps causes before effects, where causality is session order and reads-from.",
      "Sessions may disagree on the order of writes that neither caused the other.",
    ],
    implies: ["weak-causal", "PRAM", "writes-follow-reads"],
    forbids: ["write-hb-init-read", "cyclic-view"],
    source: "Ahamad et al. 1995; CM in Bouajjani et al. 2017",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "The writes are independent, so A may see 1 before 2 and B 2 before 1, for ever.",
        timeline: "A: [w x 1] [r x 2]\nB: [w x 2] [r x 1]",
      },
      {
        allowed: false,
        why: "B saw z before it was written, so in B's view its own x comes first; then y = 1 brings x = 1 with it, and x = 2 is gone.",
        timeline: "A: [w z 1] [w x 1] [w y 1]\nB: [w x 2] [r z nil]         [r y 1] [r x 2]",
      },
    ],
  },
  {
    name: "causal-convergence",
    aliases: ["CCv", "causal+", "causal-plus"],
    title: "Causal convergence",
    of: "objects",
    description: [
      "Each read sees its causal past, and all sessions settle conflicts between concurrent writes by one common order.",
      "This is what a causal store with last-writer-wins gives: replicas that have received the same writes agree.",
    ],
    implies: ["weak-causal", "monotonic-reads", "monotonic-writes", "writes-follow-reads"],
    forbids: ["cyclic-conflict"],
    source: "Burckhardt 2014; CCv in Bouajjani et al. 2017",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "All agree that x = 2 wins over x = 1; B may learn of z = 1 late.",
        timeline: "A: [w z 1] [w x 1] [w y 1]\nB: [w x 2] [r z nil]         [r y 1] [r x 2]",
      },
      {
        allowed: false,
        why: "A lets 2 win over 1 and B lets 1 win over 2: they never converge.",
        timeline: "A: [w x 1] [r x 2]\nB: [w x 2] [r x 1]",
      },
    ],
  },
  {
    name: "weak-causal",
    aliases: ["CC", "weak-causal-consistency"],
    title: "Weak causal consistency",
    of: "objects",
    description: [
      "Each read sees its causal past in some order that keeps causes before effects.",
      "The order of concurrent writes may change from one read to the next, even within a session.",
    ],
    implies: ["read-your-writes"],
    forbids: ["out-of-thin-air", "cyclic-causal-order", "write-co-init-read", "write-co-read"],
    source: "Perrin et al. 2016; CC in Bouajjani et al. 2017",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "The writes 1 and 2 are concurrent, so C may order them afresh at each read.",
        timeline: "A: [w x 1]\nB: [w x 2]\nC:         [r x 1] [r x 2] [r x 1]",
      },
      {
        allowed: false,
        why: "B answered what it had read, so the answer y = 1 brings x = 1 with it; C saw the answer without the question.",
        timeline:
          "A: [w x 1]\nB:         [r x 1] [w y 1]\nC:                         [r y 1] [r x nil]",
      },
    ],
  },
  {
    name: "PRAM",
    aliases: ["pipelined-ram", "pipelined-consistency", "FIFO-consistency"],
    title: "PRAM",
    of: "objects",
    description: [
      "Each session sees all writes in one order of its own in which the writes of every session stand as that session wrote them.",
      "It unites monotonic reads, monotonic writes and read your writes; writes of different sessions may appear in any order.",
    ],
    implies: ["monotonic-reads", "monotonic-writes", "read-your-writes"],
    forbids: ["out-of-thin-air", "cyclic-view"],
    source: "Lipton and Sandberg 1988; Wei et al. 2016",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "C sees B's answer before A's question: they come from different sessions.",
        timeline:
          "A: [w x 1]\nB:         [r x 1] [w y 1]\nC:                         [r y 1] [r x nil]",
      },
      {
        allowed: false,
        why: "B read x before A wrote it, hence B's own y comes before A's; after y = 1 from A, B's y = 2 is gone.",
        timeline: "A: [w x 1] [w y 1]\nB: [w y 2] [r x nil] [r y 1] [r y 2]",
      },
    ],
  },
  {
    name: "read-your-writes",
    aliases: ["RYW", "read-my-writes"],
    title: "Read your writes",
    of: "objects",
    description: [
      "Once a session has written a key, its reads of the key return that write or a newer one.",
      "It promises nothing about what others wrote.",
    ],
    implies: [],
    forbids: ["out-of-thin-air", "missing-own-write"],
    source: "Terry et al. 1994; MYR in Bailis et al. 2013",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "Another session's write may replace one's own.",
        timeline: "A: [w x 1] [r x 2]\nB: [w x 2] [r x 2]",
      },
      {
        allowed: false,
        why: "A reads the initial value after its own write.",
        timeline: "A: [w x 1] [r x nil]",
      },
    ],
  },
  {
    name: "monotonic-reads",
    aliases: ["MR"],
    title: "Monotonic reads",
    of: "objects",
    description: [
      "A session's reads of a key never go back to an older version than it has seen.",
      "Which version is older is what the writers' own order and the session's reads tell.",
    ],
    implies: [],
    forbids: ["out-of-thin-air", "non-monotonic-read"],
    source: "Terry et al. 1994; N-MR in Bailis et al. 2013",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "B never sees the newest version, but never goes back either.",
        timeline: "A: [w x 1] [w x 2]\nB:                 [r x nil] [r x 1] [r x 1]",
      },
      {
        allowed: false,
        why: "B saw 2 and then 1, which A had written before 2.",
        timeline: "A: [w x 1] [w x 2]\nB:                 [r x 2] [r x 1]",
      },
    ],
  },
  {
    name: "monotonic-writes",
    aliases: ["MW"],
    title: "Monotonic writes",
    of: "objects",
    description: [
      "Whoever has seen a write of a session also sees what that session wrote before it.",
      "A setting written before the flag that switches it on is thus there when the flag is.",
    ],
    implies: [],
    forbids: ["out-of-thin-air", "non-monotonic-write"],
    source: "Terry et al. 1994; N-MW in Bailis et al. 2013",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "B has seen only the first write, so it may miss the second.",
        timeline: "A: [w x 1] [w y 1]\nB:                 [r x 1] [r y nil]",
      },
      {
        allowed: false,
        why: "B saw y = 1 and then missed x = 1, which A had written before it.",
        timeline: "A: [w x 1] [w y 1]\nB:                 [r y 1] [r x nil]",
      },
    ],
  },
  {
    name: "writes-follow-reads",
    aliases: ["WFR", "session-causality"],
    title: "Writes follow reads",
    of: "objects",
    description: [
      "Whoever has seen a write also sees what its writer had read before writing it.",
      "An answer is never seen without its question.",
    ],
    implies: [],
    forbids: ["out-of-thin-air", "missing-dependency"],
    source: "Terry et al. 1994; MRWD in Bailis et al. 2013",
    needs: uniqueWrites,
    examples: [
      {
        allowed: true,
        why: "C has seen the question alone, and the answer may still be on its way.",
        timeline:
          "A: [w x 1]\nB:         [r x 1] [w y 1]\nC:                         [r x 1] [r y nil]",
      },
      {
        allowed: false,
        why: "C saw the answer y = 1 without the question x = 1 that B had read.",
        timeline:
          "A: [w x 1]\nB:         [r x 1] [w y 1]\nC:                         [r y 1] [r x nil]",
      },
    ],
  },
  {
    name: "bounded-staleness",
    aliases: ["k-atomicity", "delta-atomicity"],
    title: "Bounded staleness",
    of: "objects",
    description: [
      "As linearizable, but a read may return a version that is out of date by at most a given time, or one of a given number of newest versions.",
      "With a bound of zero time, or of one version, it is linearizability.",
    ],
    implies: ["eventual"],
    forbids: ["stale-beyond-bound"],
    source: "Golab et al. 2011 (Δ-atomicity); Aiyer et al. 2005 (k-atomicity)",
    needs:
      "Registers and maps. The bound: `staleness` (a time; log-linear with unique writes) or `versions` (a search).",
    examples: [
      {
        allowed: true,
        why: "With a bound of two versions: A reads the last but one.",
        timeline: "A: [w x 1]           [r x 1]\nB:         [w x 2]",
      },
      {
        allowed: false,
        why: "With a bound of two versions: A reads the last but two.",
        timeline: "A: [w x 1]                   [r x 1]\nB:         [w x 2] [w x 3]",
      },
    ],
  },
  {
    name: "eventual",
    aliases: ["eventual-consistency", "convergence", "EC"],
    title: "Eventual",
    of: "objects",
    description: [
      "Once writing has stopped and a calm has passed, all reads of a key return one and the same value, and it was written.",
      "Before that anything may be read.",
    ],
    implies: [],
    forbids: ["out-of-thin-air", "divergence"],
    source: "Vogels 2009; Viotti and Vukolić 2016",
    needs:
      "Reads after the last write: all that begin after a `calm`, or, where none is given, the last one of each session. It follows from bounded staleness with a calm as long as the bound.",
    examples: [
      {
        allowed: true,
        why: "While B writes, reads may go back and forth; afterwards all agree on 1.",
        timeline:
          "A: [w x 1] [r x 2] [r x 1]           [r x 1]\nB: [w x 2] [ w x 3 ]                 [r x 1]",
      },
      {
        allowed: false,
        why: "Nobody writes any more, yet A and B stay apart.",
        timeline: "A: [w x 1]        [r x 1]\nB: [w x 2]        [r x 2]",
      },
    ],
  },
];
