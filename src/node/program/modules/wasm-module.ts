/**
 * ES modules of WebAssembly: an import of a `.wasm` file instantiates it, with its imports from other
 * modules. The file becomes the text of a module that does so.
 */
import { Buffer } from "node:buffer";

interface Compiled {
  new (bytes: Uint8Array): object;
  imports(module: object): { readonly module: string }[];
  exports(module: object): { readonly name: string; readonly kind: string }[];
}

/** The real one. */
const { Module } = (globalThis as unknown as { WebAssembly: { Module: Compiled } }).WebAssembly;

/** Returns the text of the module for the WebAssembly file at `path`. Throws a `CompileError`. */
export function wasmModuleText(path: string, bytes: Uint8Array): string {
  let compiled: object;
  try {
    compiled = new Module(bytes);
  } catch (error) {
    (error as Error).message = `${path}: ${(error as Error).message}`;
    throw error;
  }
  const requests = [...new Set(Module.imports(compiled).map(({ module }) => module))];
  const imports = requests.map(
    (request, at) => `import * as i${at} from ${JSON.stringify(request)};`,
  );
  const given = requests.map((request, at) => `${JSON.stringify(request)}: i${at}`);
  const names = Module.exports(compiled).map(({ name, kind }, at) => {
    const value = `exports[${JSON.stringify(name)}]${kind === "global" ? ".value" : ""}`;
    return `const e${at} = ${value}; export { e${at} as ${JSON.stringify(name)} };`;
  });
  const text = JSON.stringify(Buffer.from(bytes).toString("base64"));
  return [
    ...imports,
    `const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(${text}, "base64")), { ${given.join(", ")} });`,
    ...names,
  ].join("\n");
}
