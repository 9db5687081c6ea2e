/**
 * TypeScript with types emitted for decorated declarations (`emitDecoratorMetadata`), as NestJS and
 * TypeORM need it. esbuild does not emit them, but the compiler that the project has installed
 * does.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { LightconeError } from "../../../base/errors.ts";
import type { Format, Translated } from "./source-file.ts";

/** The result of `transpileModule` of the package `typescript`, up to version 6. */
interface TypeScriptOutput {
  readonly outputText: string;
  readonly sourceMapText?: string;
}

/** The result of `transformSync` of `@swc/core`. */
interface SwcOutput {
  readonly code: string;
  readonly map?: string;
}

/** The binary that runs; during a run, `process.execPath` is that of a host. */
const NODE = process.execPath;

const DECORATOR = /(?:^|[\s(,{;])@[A-Za-z_$]/;

/** Returns whether a text has decorators, or something similar. */
export function hasDecorators(text: string): boolean {
  return DECORATOR.test(text);
}

/** Compiles a file with its project's compiler. Throws `LC_COMPILE` if there is no suitable one. */
export function translateWithMetadata(
  path: string,
  text: string,
  format: Format | "detect",
  duringRun: boolean,
): Translated {
  const isCommonJs = format === "commonjs";
  const compiled = call<TypeScriptOutput>(
    path,
    "typescript",
    "transpileModule",
    text,
    {
      fileName: path,
      compilerOptions: {
        // Numeric values of its enumerations: ES2022, CommonJS or ESNext, and react-jsx.
        target: 9,
        module: isCommonJs ? 1 : 99,
        jsx: 4,
        sourceMap: true,
        esModuleInterop: true,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        useDefineForClassFields: false,
      },
    },
    duringRun,
  );
  if (compiled !== undefined) {
    const { outputText, sourceMapText = "" } = compiled;
    return {
      code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"),
      map: sourceMapText,
    };
  }
  const transformed = call<SwcOutput>(
    path,
    "@swc/core",
    "transformSync",
    text,
    {
      filename: path,
      sourceMaps: true,
      swcrc: false,
      configFile: false,
      module: { type: isCommonJs ? "commonjs" : "es6" },
      jsc: {
        target: "es2022",
        keepClassNames: true,
        parser: { syntax: "typescript", decorators: true, tsx: path.endsWith("x") },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
    },
    duringRun,
  );
  if (transformed !== undefined) return { code: transformed.code, map: transformed.map ?? "" };
  throw new LightconeError(
    "LC_COMPILE",
    `${path}: emitDecoratorMetadata needs the compiler of the project`,
    "Install typescript (up to 6) or @swc/core in the project, or name what its compiler has built as the program.",
  );
}

/**
 * Calls a function of the project's compiler. Undefined if there is none. A compiler reads clocks, which it may
 * not during a run: there it works in a process of its own.
 */
function call<T>(
  path: string,
  name: string,
  method: string,
  text: string,
  options: object,
  duringRun: boolean,
): T | undefined {
  const require = createRequire(path);
  try {
    require.resolve(name);
  } catch {
    return undefined;
  }
  if (duringRun) {
    const input = JSON.stringify({ path, name, method, text, options });
    const maxBuffer = Number.POSITIVE_INFINITY;
    const output = execFileSync(NODE, ["-e", COMPILE], {
      input,
      maxBuffer,
      stdio: ["pipe", "pipe", "ignore"],
    });
    return (JSON.parse(String(output)) as { result?: T }).result;
  }
  const compiler = require(name) as Record<string, unknown>;
  const compile = compiler[method];
  return typeof compile === "function" ? (compile.call(compiler, text, options) as T) : undefined;
}

/** What that process runs. */
const COMPILE = `
  const { path, name, method, text, options } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  const compiler = require("node:module").createRequire(path)(name);
  process.stdout.write(JSON.stringify({ result: compiler[method]?.(text, options) }));`;
