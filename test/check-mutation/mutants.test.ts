/** A bug planted in each algorithm is caught by the suite. `npm run mutation` tries harder on each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { mutants } from "./mutants.ts";
import { planted, tryMutant } from "./plant.ts";

const histories = Number(process.env["MUTATION_HISTORIES"] ?? 150);

describe.concurrent("a planted bug is caught", () => {
  for (const mutant of mutants) {
    const what = mutant.put === "" ? "left out" : mutant.put.split("\n").at(-1)?.trim();
    it(`${mutant.file}: ${mutant.find.split("\n").at(-1)?.trim()} -> ${what}`, async ({
      expect,
    }) => {
      const source = readFileSync(join("src/check", mutant.file), "utf8");
      expect(planted(source, mutant)).not.toBe(source);
      const { caught, how } = await tryMutant(mutant, histories);
      expect(caught, how).toBe(true);
    });
  }
});
