/** Writes `docs/consistency.md` and its pictures from the table of levels. */
import {
  anomalies,
  levels,
  withStronger,
  type Family,
  type Level,
} from "../../src/check/levels.ts";
import { drawLattice } from "./lattice.ts";
import { drawTimeline } from "./picture.ts";

const imageFolder = "docs/images/consistency";

/** Every file that the table makes, by its path from the root of the project. */
export function consistencyFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [family, title] of families) {
    const own = levels.filter((level) => level.of === family);
    files.set(`${imageFolder}/lattice-${family}.svg`, drawLattice(own, title));
  }
  for (const level of levels) {
    for (const [at, example] of level.examples.entries()) {
      files.set(
        `${imageFolder}/${imageName(level, at)}`,
        drawTimeline(example.timeline, example.timeline),
      );
    }
  }
  files.set("docs/consistency.md", page());
  return files;
}

const families: readonly (readonly [Family, string])[] = [
  ["objects", "Levels of objects, the strongest on top"],
  ["transactions", "Levels of transactions, the strongest on top"],
];

function imageName(level: Level, at: number): string {
  const verdict = level.examples[at]?.allowed ? "allowed" : "forbidden";
  return `${level.name.toLowerCase()}-${verdict}.svg`;
}

const intro = `<!-- Made from the table in src/check/level-table by \`node tools/consistency-doc.mjs\`. Do not edit. -->

# Consistency levels

A level of consistency is a promise about the answers that clients may get. \`lightcone check\` judges a
history at any of the levels below:

\`\`\`sh
lightcone check history.edn --model register --level causal
lightcone check history.edn --model list-append --level snapshot-isolation
\`\`\`

A violation names the weakest level that is violated and all the stronger ones that therefore are violated
too. The pictures are lattices: where a line leads down from one level to another, a history that
satisfies the upper one satisfies the lower one. Dashed levels are not decided by themselves; they are
named because what is decided rules them out.

**How to read the examples.** A line is a session, time runs to the right, and a bar is an operation from
its invocation to its completion. \`w x 1\` writes 1 to x, \`r x 1\` reads x and gets 1, \`a x 1\` appends 1 to
the list x, \`nil\` is the initial value; several in one bar are a transaction, and ✗ marks one that was
aborted. Every example is a test: the checkers must give the verdict that stands here.

**What an answer rests on.** Where it is known which write each read read (every write of a key has a
value of its own, which is how to write a good test), the weak levels are decided in polynomial time. Where
values repeat, every reading is tried within the budget, and the verdict is \`unknown\`, with the reason,
when that does not end. Sequential consistency, snapshot isolation and serializability are NP-complete, and
are searched for within the budget. An operation without an answer may have happened or not, and may
take effect after whatever its session did next. A session is a client's process, unless the history
names sessions.`;

function page(): string {
  const parts = [intro];
  for (const [family, title] of families) {
    const own = levels.filter((level) => level.of === family);
    // From the strongest down, as the picture shows them.
    const ordered = family === "objects" ? own : own.toReversed();
    parts.push(
      `## ${family === "objects" ? "Objects" : "Transactions"}`,
      `![${title}](images/consistency/lattice-${family}.svg)`,
      ...(family === "transactions"
        ? [
            "A history of transactions that is strictly serializable is also linearizable, object by object.",
          ]
        : []),
      ...ordered.map(section),
    );
  }
  parts.push("## Anomalies", anomalyTable());
  return `${parts.join("\n\n")}\n`;
}

function section(level: Level): string {
  const lines = [`### ${level.title}`, facts(level), level.description.join(" ")];
  const forbids = level.forbids ?? [];
  if (forbids.length > 0) {
    lines.push(`Forbids, beyond what it implies: ${forbids.map(code).join(", ")}.`);
  }
  const needs = level.needs;
  if (needs !== undefined) lines.push(`Needs: ${needs}`);
  for (const [at, { allowed, why, timeline }] of level.examples.entries()) {
    lines.push(
      `**${allowed ? "Allowed" : "Forbidden"}:** ${why}`,
      `![${timeline.replaceAll("\n", "; ").replaceAll(/ +/g, " ").replaceAll(/[[\]]/g, "|")}](images/consistency/${imageName(level, at)})`,
    );
  }
  return lines.join("\n\n");
}

function facts(level: Level): string {
  const parts = [code(level.name)];
  const aliases = level.aliases ?? [];
  if (aliases.length > 0) parts.push(`also ${aliases.map(code).join(", ")}`);
  if (level.implies.length > 0) parts.push(`implies ${level.implies.map(code).join(", ")}`);
  const above = withStronger([level.name]).size - 1;
  if (above > 0) parts.push(`implied by ${above} stronger ${above === 1 ? "level" : "levels"}`);
  parts.push(level.source);
  return parts.join(" · ");
}

function code(name: string): string {
  return `\`${name}\``;
}

function anomalyTable(): string {
  const rows = anomalies
    .filter(({ name }) => !name.endsWith("-cycle-exists"))
    .map(({ name, of, description }) => `| ${code(name)} | ${of} | ${description} |`);
  return ["| name | of | what it is |", "| --- | --- | --- |", ...rows].join("\n");
}
