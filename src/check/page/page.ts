/** `lightcone check --html`: one self-contained page, in the light or dark theme of the reader's system. */
import { formatNs } from "../../base/units.ts";
import type { History } from "../../history/operation.ts";
import { keyOf } from "../objects/model.ts";
import type { Evidence, Verdict } from "../verdict.ts";
import { escape, picture, type Words } from "./picture.ts";

/** A judged history, for the page. */
export interface Judged {
  /** The file, with the line if it contains several histories. */
  readonly name: string;
  readonly model: string;
  readonly level: string;
  readonly history: History;
  readonly verdict: Verdict;
  /** How the model describes its operations, if it defines this. */
  readonly words?: Words | undefined;
  readonly elapsedMs: number;
}

const style = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--paper:#fff;--card:#f6f7f9;--line:#d5dae1;--bad:#b3261e;--bad-soft:#fbe3e1;--good:#1b6e3c;--open:#8a6100;--bar:#dfe4ea;--edge:#5b3fb5}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#a3adba;--paper:#12161c;--card:#1a2029;--line:#333d4a;--bad:#ff8a80;--bad-soft:#4a1f1c;--good:#7fd6a0;--open:#f0c060;--bar:#2c3541;--edge:#b7a2ff}}
*{box-sizing:border-box}body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:75rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .25rem;overflow-wrap:anywhere}h3{font-size:1rem;margin:1.25rem 0 .5rem}
p{margin:.25rem 0}.soft{color:var(--soft)}.violated{color:var(--bad)}.holds{color:var(--good)}.unknown{color:var(--open)}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.25rem;margin:1rem 0}
.scroll{overflow-x:auto;margin:.75rem 0}.scroll:focus-visible,g:focus-visible{outline:2px solid var(--edge);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}th{font-weight:600;color:var(--soft);font-size:.875rem}
td.at,td.who,td.kind{white-space:nowrap}.kind{font-weight:600;color:var(--edge)}
svg{display:block}.lane{stroke:var(--line);stroke-width:1}svg .who{fill:var(--soft);font-size:12px}
.bar{fill:var(--bar);stroke:var(--line)}.bar.fail{fill:none}.bar.open{stroke-dasharray:5 4}.bar.marked{fill:var(--bad-soft);stroke:var(--bad);stroke-width:2}
.text{fill:var(--soft);font-size:12px}.text.marked{fill:var(--ink);font-weight:600}.edge{fill:none;stroke:var(--edge);stroke-width:1.6}.tip{fill:var(--edge)}.edge-text{fill:var(--edge);font-size:12px;font-weight:600}
`;

const marks = { holds: "✓", violated: "✗", unknown: "?" } as const;
const words = { holds: "holds", violated: "violated", unknown: "unknown" } as const;

/** Builds the whole page. */
export function page(title: string, judged: readonly Judged[]): string {
  const count = (result: Verdict["result"]): number =>
    judged.filter(({ verdict }) => verdict.result === result).length;
  const tally = (["violated", "unknown", "holds"] as const)
    .filter((result) => count(result) > 0)
    .map(
      (result) =>
        `<span class="${result}">${marks[result]} ${count(result)} ${words[result]}</span>`,
    );
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escape(title)}</title>\n<style>${style}</style>\n</head>\n<body>\n<main>`,
    `<h1>${escape(title)}</h1>\n<p>${tally.join(" · ")}</p>`,
    ...judged.map(section),
    "</main>\n</body>\n</html>\n",
  ].join("\n");
}

function section(judged: Judged): string {
  const { name, model, level, history, verdict, elapsedMs } = judged;
  const size = `${history.operations.length.toLocaleString("en")} operations`;
  return [
    "<section>",
    `<h2><span class="${verdict.result}" aria-hidden="true">${marks[verdict.result]}</span> ${escape(name)}</h2>`,
    `<p class="soft">${escape(model)} · ${escape(level)} · ${words[verdict.result]} · ${size} · ${formatNs(Math.round(elapsedMs * 1e6))}</p>`,
    ...remarks(verdict).map((text) => `<p>${escape(text)}</p>`),
    ...(verdict.result === "violated"
      ? verdict.evidence.map((it, i) => evidenceCard(it, i, judged))
      : []),
    "</section>",
  ].join("\n");
}

/** The statements of a verdict other than its evidence, as sentences. */
export function remarks(verdict: Verdict): string[] {
  if (verdict.result === "unknown")
    return [verdict.why, ...(verdict.decided ? [verdict.decided] : [])];
  const said: string[] = [];
  if (verdict.result === "violated") {
    if (verdict.violates?.length)
      said.push(`weakest level violated: ${verdict.violates.join(", ")}`);
    if (verdict.alsoViolates?.length)
      said.push(`and therefore: ${verdict.alsoViolates.join(", ")}`);
  }
  if (verdict.note) said.push(verdict.note);
  return said;
}

/** The title of an evidence: the anomaly's name, unless the summary already contains it. */
export function titleOf({ anomaly, summary }: Evidence): string {
  return anomaly === undefined || summary.startsWith(anomaly) ? summary : `${anomaly}: ${summary}`;
}

function evidenceCard(evidence: Evidence, i: number, { history, words: wordsOf }: Judged): string {
  const title = titleOf(evidence);
  const key =
    evidence.key === undefined
      ? ""
      : ` <span class="soft">(object ${escape(keyOf(evidence.key))})</span>`;
  return [
    `<article class="card" aria-labelledby="e${i}">`,
    `<h3 id="e${i}">${escape(title)}${key}</h3>`,
    `<div class="scroll" tabindex="0" role="region" aria-label="Operations in time">${picture(history, evidence, wordsOf)}</div>`,
    steps(evidence),
    ...(evidence.cycle ? [cycle(evidence)] : []),
    "</article>",
  ].join("\n");
}

function steps(evidence: Evidence): string {
  const rows = evidence.steps.map(
    ({ atNs, who, text, operation, events }) =>
      `<tr><td class="at">${atNs === undefined ? "" : formatNs(atNs)}</td><td class="who">${escape(who ?? "")}</td><td>${escape(text)}</td><td class="at soft">${operation ?? ""}</td><td class="at soft">${events?.join(", ") ?? ""}</td></tr>`,
  );
  return `<table><thead><tr><th scope="col">at</th><th scope="col">who</th><th scope="col">what</th><th scope="col">operation</th><th scope="col">trace events</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function cycle(evidence: Evidence): string {
  const rows = (evidence.cycle ?? []).map(
    ({ from, to, kind, text }) =>
      `<tr><td class="at">${from} → ${to}</td><td class="kind">${escape(kind)}</td><td>${escape(text)}</td></tr>`,
  );
  return `<h3>The cycle</h3><table><thead><tr><th scope="col">operations</th><th scope="col">edge</th><th scope="col">why</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}
