/**
 * JUnit XML, as CI servers read it: the world is a suite, and the campaign is its only test case. After the format
 * that Jenkins's xunit plugin documents (junit-10.xsd).
 */
import { basename, relative } from "node:path";
import type { Explored } from "../explored.ts";
import type { Reporter } from "./reporter.ts";

export const junit: Reporter = {
  name: "junit",
  summary: "JUnit XML, for CI servers",
  render(explored, directory) {
    const { world, path, runs, wallMs, finding } = explored;
    const seconds = (wallMs / 1_000).toFixed(3);
    const file = relative(directory, path);
    const failure = failureOf(explored);
    const counts = `tests="1" failures="${failure === undefined ? 0 : 1}" errors="0" skipped="0" time="${seconds}"`;
    const properties = Object.entries({
      runs,
      firstSeed: explored.firstSeed,
      violatedRuns: explored.violatedRuns,
      ...(finding && { seed: finding.seed }),
      ...(finding?.replayCommand !== undefined && { replay: finding.replayCommand }),
      ...(finding?.pageFile !== undefined && { report: relative(directory, finding.pageFile) }),
    });
    const notes = [...explored.unjudged, ...explored.remarks];
    return [
      `<?xml version="1.0" encoding="UTF-8"?>`,
      `<testsuites name="lightcone" ${counts}>`,
      `  <testsuite name="${attribute(file)}" ${counts}>`,
      `    <properties>`,
      ...properties.map(
        ([name, value]) => `      <property name="${name}" value="${attribute(String(value))}"/>`,
      ),
      `    </properties>`,
      `    <testcase name="${attribute(world)}" classname="${attribute(basename(path))}" file="${attribute(file)}" time="${seconds}">`,
      ...(failure === undefined
        ? []
        : [
            `      <failure type="${attribute(failure.type)}" message="${attribute(failure.message)}">${text(failure.body)}</failure>`,
          ]),
      ...(notes.length > 0 ? [`      <system-out>${text(notes.join("\n"))}</system-out>`] : []),
      `    </testcase>`,
      `  </testsuite>`,
      `</testsuites>`,
      "",
    ].join("\n");
  },
};

interface Failure {
  readonly type: string;
  readonly message: string;
  readonly body: string;
}

function failureOf(explored: Explored): Failure | undefined {
  const { verdict, finding, unjudged, neverTrue } = explored;
  if (verdict === "held") return undefined;
  if (finding) {
    const body = [finding.story.trimEnd(), ...finding.notes].join("\n");
    return { type: finding.check, message: finding.summary, body };
  }
  const missing = [
    ...neverTrue.map((name) => `never true in any run: sometimes ${name}`),
    ...unjudged,
  ];
  return { type: "not judged", message: "not all was judged", body: missing.join("\n") };
}

function attribute(value: string): string {
  return text(value).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}

/** XML 1.0 has no way to write most control characters and half a surrogate pair, so they are replaced. */
function text(value: string): string {
  return value
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
