/**
 * The program of a run's page: `src/viewer/page`, bundled into one script and one style sheet. The build does it and
 * puts the result beside the package's code; run from its sources, it is bundled when the first page is written.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { PageAssets } from "../viewer/index.ts";

/** The files of the bundle, in the folder of the built viewer: the script, the dissectors, the style. */
export const viewerFiles = ["page.js", "protocols.js", "page.css"] as const;

/** Where they are. */
const FOLDER = new URL("../viewer/", import.meta.url);

let known: PageAssets | undefined;

/** The program of the page, with the digests that its policy names. */
export function viewerAssets(): PageAssets {
  known ??= readBuilt() ?? bundleViewer(fileURLToPath(new URL("page", FOLDER)));
  return known;
}

function readBuilt(): PageAssets | undefined {
  if (!existsSync(new URL(viewerFiles[0], FOLDER))) return undefined;
  const [script, protocols, style] = viewerFiles.map((name) => {
    return readFileSync(new URL(name, FOLDER), "utf8");
  }) as [string, string, string];
  return withDigests(script, protocols, style);
}

/** Bundles the program of the page from its sources in `folder`. */
export function bundleViewer(folder: string): PageAssets {
  // Every command would load it, and the built package does not need it here.
  const { buildSync } = createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
  const options = {
    bundle: true,
    minify: true,
    write: false,
    target: "es2022",
    legalComments: "none",
    charset: "utf8",
    logLevel: "silent",
    format: "iife",
    jsx: "automatic",
    jsxImportSource: "preact",
  } as const;
  const bundle = (file: string): string => {
    const { outputFiles } = buildSync({ ...options, entryPoints: [`${folder}/${file}`] });
    return outputFiles[0]?.text.trimEnd() ?? "";
  };
  return withDigests(bundle("main.tsx"), bundle("protocols.ts"), bundle("style.css"));
}

function withDigests(script: string, protocols: string, style: string): PageAssets {
  return {
    script,
    protocols,
    style,
    scriptDigests: [digestOf(script), digestOf(protocols)],
    styleDigest: digestOf(style),
  };
}

function digestOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
