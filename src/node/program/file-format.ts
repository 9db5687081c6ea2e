/** Determines a file's module format from its name and its package. */
import { posix } from "node:path";
import type { Format, SourceText, Translated } from "./source/source-file.ts";
import { hasLibraryFile, librarySource } from "../lib/natives.ts";
import { isTypeScript, settingsOf, translateTypeScript } from "./source/typescript.ts";
import { type FileLookup, packageScope } from "./package-entry.ts";

/** How Node loads a file. */
export type FileFormat = Format | "detect" | "json" | "wasm" | "addon" | "unknown";

/** Newer versions of Node import WebAssembly without a flag. */
const importsWasm = ["formats", "get_format"].some((name) => {
  const id = `internal/modules/esm/${name}`;
  return hasLibraryFile(id) && librarySource(id).includes("'.wasm': 'wasm'");
});

/** Returns the format of the file at `path`. */
export function formatOf(files: FileLookup, path: string): FileFormat {
  switch (posix.extname(path)) {
    case ".mjs":
    case ".mts":
      return "module";
    case ".cjs":
    case ".cts":
      return "commonjs";
    case ".json":
      return "json";
    case ".node":
      return "addon";
    case ".wasm":
      return importsWasm ? "wasm" : "unknown";
    case ".js":
      return byPackage(files, path, "detect");
    case "":
      return byPackage(files, path, "detect");
    case ".ts":
    case ".tsx":
    case ".jsx": {
      const format = byPackage(files, path, "detect");
      if (format === "module") return format;
      // With ES syntax, it has the format that its compiler emits.
      const { module } = settingsOf(files, path);
      return module === "commonjs" || format === "commonjs" ? "commonjs" : "detect";
    }
    default:
      return "unknown";
  }
}

function byPackage(files: FileLookup, path: string, otherwise: "detect"): Format | "detect" {
  const type = packageScope(files, posix.dirname(path))?.manifest.type;
  return type === "module" || type === "commonjs" ? type : otherwise;
}

/** Returns the text that a file is compiled from. */
export function sourceTextOf(
  files: FileLookup,
  path: string,
  text: string,
  format: Format | "detect",
): SourceText {
  if (!isTypeScript(path)) return { path, text, format };
  return {
    path,
    text,
    format,
    translate: (kind): Translated => translateTypeScript(path, text, kind, settingsOf(files, path)),
  };
}
