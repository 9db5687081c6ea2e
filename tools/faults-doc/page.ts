/**
 * The page about faults, made from the registry, the comments in the kinds' source files, and the examples that
 * `test/faults/examples.test.ts` runs.
 */
import { existsSync, readFileSync } from "node:fs";
import { formatNs } from "../../src/base/units.ts";
import { redis } from "../../src/blocks/index.ts";
import type { FaultWord } from "../../src/sim/faults/kind.ts";
import { faultWordNames, type FaultWordName, faultWords } from "../../src/sim/faults/index.ts";
import { commentBefore, optionsOf, propertyComment } from "./comments.ts";

/** What the page is made of, by path from the root of the project. */
const KINDS = "src/sim/faults";
const EXAMPLES = "test/faults/examples";
const words = faultWordNames as readonly FaultWordName[];

const NOTE = `<!-- Made from the registry in ${KINDS} and ${EXAMPLES} by \`npm run faults -- --page\`. Do not edit. -->`;

/** The text of `docs/faults.md`. `root`: the folder of the project. */
export function faultsPage(root: string): string {
  const read = (path: string): string => readFileSync(`${root}/${path}`, "utf8");
  const registry = read(`${KINDS}/registry.ts`);
  const overview = words.map((word) => {
    return `| [\`w.${word}\`](#w${word.toLowerCase()}targets-options) | ${propertyComment(registry, word)} |`;
  });
  const table = ["| word | what happens |", "|---|---|", ...overview].join("\n");
  const sections = words.map((word) => {
    const [, file = ""] =
      new RegExp(`import \\{ ${word} \\} from "\\./(.*?)"`).exec(registry) ?? [];
    const story = `${root}/${EXAMPLES}/${fileName(word)}.story.json`;
    return section(
      word,
      read(`${KINDS}/${file}`),
      read(`${EXAMPLES}/${fileName(word)}.world.ts`),
      existsSync(story) ? (JSON.parse(readFileSync(story, "utf8")) as Told).story : [],
    );
  });
  const prose = (name: string): string => read(`tools/faults-doc/${name}.md`).trim();
  const parts = [NOTE, prose("intro"), "## The words", table, ...sections, `${prose("outro")}\n`];
  return parts.join("\n\n");
}

interface Told {
  readonly story: readonly string[];
}

function fileName(word: string): string {
  return word.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function section(
  word: FaultWordName,
  source: string,
  example: string,
  story: readonly string[],
): string {
  const comment = commentBefore(source, `export const ${word}: FaultWord`);
  if (!comment?.text) throw new Error(`w.${word} has no comment that says what it does`);
  const { cause = "", lasts } = comment.tags;
  if (cause === "") throw new Error(`w.${word} has no @cause`);
  return [
    `## w.${word}(targets?, options?)`,
    comment.text,
    `**Where it comes from:** ${cause}`,
    optionsTable(word, source, lasts),
    ...((faultWords[word] as FaultWord).blocks === true ? [blocksTable()] : []),
    `<details><summary>An example, and its story</summary>`,
    `\`\`\`ts\n${example}\`\`\``,
    `\`\`\`\n${story.join("\n")}\n\`\`\``,
    "</details>",
  ].join("\n\n");
}

/** What each block can suffer, from the blocks' own data. */
function blocksTable(): string {
  const rows = [redis()].flatMap(({ name, suffers }) =>
    (suffers?.faults ?? []).map(({ name: fault, summary, cause, path }) => {
      const who = path === undefined ? "an operator" : "a rare path";
      return `| \`${name}\` | \`${fault}\` | ${summary} | ${who} | ${lowerFirst(cause)} |`;
    }),
  );
  const head = "| block | fault | what happens | by | where it comes from |\n|---|---|---|---|---|";
  return [head, ...rows].join("\n");
}

function optionsTable(word: FaultWordName, source: string, lastsText: string | undefined): string {
  const { lasts, options } = faultWords[word];
  const [, type = ""] = new RegExp(`export const ${word}: FaultWord<\\s*(\\w+)`).exec(source) ?? [];
  const own = type === "FaultOptions" ? [] : optionsOf(source, type);
  const named = own.map(({ name }) => name).toSorted();
  const known = Object.keys(options).toSorted();
  if (named.join() !== known.join()) {
    throw new Error(`w.${word} has the options ${known.join()}, and ${type} says ${named.join()}`);
  }
  const rows = own.map(({ name, text, fallback }) => [`\`${name}\``, lowerFirst(text), fallback]);
  if (lasts.minNs !== lasts.maxNs) {
    const range = `\`${formatNs(lasts.minNs)}..${formatNs(lasts.maxNs)}\``;
    rows.unshift(["`lasts`", lastsText ?? "how long it lasts", range]);
  }
  if (rows.length === 0) return "It happens at one moment, and has no options of its own.";
  const lines = rows.map((row) => `| ${row.join(" | ").replaceAll("\n", " ")} |`);
  return ["| option | what it does | default |", "|---|---|---|", ...lines].join("\n");
}

/** The text as part of a table: without the capital that begins it, and the full stop that ends it. */
function lowerFirst(text: string): string {
  const lower = /^[A-Z][a-z]/.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text;
  return lower.replace(/\.$/, "");
}
