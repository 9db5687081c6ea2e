/**
 * Programs that are asked for while a run is under way: the file of a worker thread, the module of a
 * `fork`. Compiling takes real time, and a run is one synchronous piece: so the run is stopped, the
 * program compiled, and the run started again from its beginning, which is the same run by definition.
 */
import { loadWantedModules, modulesAreWanted } from "../public-modules.ts";
import { compileProgram, compileSource, type CompiledProgram } from "./compile.ts";

/** A program by file, or by source text (`new Worker(code, { eval: true })`). */
export type ProgramReference =
  | {
      readonly entry: string;
      /** The modules that it is given when it starts. */
      readonly injected: readonly string[];
    }
  | { readonly source: string; readonly name: string };

const compiled = new Map<string, CompiledProgram | Error>();
const wanted = new Map<string, ProgramReference>();

function keyOf(reference: ProgramReference): string {
  if (!("entry" in reference)) return `source:${reference.source}`;
  return `file:${reference.injected.join()}:${reference.entry}`;
}

/**
 * The compiled program, or `undefined` when it has to be compiled first: the caller then stops the
 * kernel. Throws what compiling it threw.
 */
export function programFor(reference: ProgramReference): CompiledProgram | undefined {
  const key = keyOf(reference);
  const found = compiled.get(key);
  if (found instanceof Error) throw found;
  if (!found) wanted.set(key, reference);
  return found;
}

/** Whether a run stopped because programs have to be compiled, or real modules loaded. */
export function programsAreWanted(): boolean {
  return wanted.size > 0 || modulesAreWanted();
}

/** Compiles what was asked for. A program that does not compile fails when it is asked for again. */
export async function compileWanted(): Promise<void> {
  loadWantedModules();
  for (const [key, reference] of [...wanted]) {
    wanted.delete(key);
    try {
      compiled.set(
        key,
        "entry" in reference
          ? await compileProgram(reference)
          : await compileSource(reference.source, reference.name),
      );
    } catch (error) {
      compiled.set(key, error as Error);
    }
  }
}
