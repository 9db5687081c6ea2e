/**
 * TypeScript with types emitted for decorated declarations (`emitDecoratorMetadata`), as NestJS and
 * TypeORM need it. esbuild does not emit them, but the compiler that the project has installed
 * does.
 */
import { createRequire } from "node:module";
import { LightconeError } from "../../../base/errors.ts";
import type { Format, Translated } from "./source-file.ts";

/** The parts of the package `typescript`, up to version 6, that are used. */
interface TypeScript {
  transpileModule?(
    text: string,
    options: { fileName: string; compilerOptions: Record<string, unknown> },
  ): { outputText: string; sourceMapText?: string };
}

/** The parts of `@swc/core` that are used. */
interface Swc {
  transformSync(text: string, options: object): { code: string; map?: string };
}

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
): Translated {
  const isCommonJs = format === "commonjs";
  const typescript = load(path, "typescript") as TypeScript | undefined;
  if (typeof typescript?.transpileModule === "function") {
    const { outputText, sourceMapText = "" } = typescript.transpileModule(text, {
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
    });
    return {
      code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"),
      map: sourceMapText,
    };
  }
  const swc = load(path, "@swc/core") as Swc | undefined;
  if (swc !== undefined) {
    const { code, map = "" } = swc.transformSync(text, {
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
    });
    return { code, map };
  }
  throw new LightconeError(
    "LC_COMPILE",
    `${path}: emitDecoratorMetadata needs the compiler of the project`,
    "Install typescript (up to 6) or @swc/core in the project, or name what its compiler has built as the program.",
  );
}

function load(path: string, name: string): unknown {
  try {
    return createRequire(path)(name);
  } catch {
    return undefined;
  }
}
