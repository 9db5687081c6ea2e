/** What programs load in place of native add-ons: Lightcone's substitutes, the world's own, or an error by name. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { RunOutcome } from "../../src/world/outcome.ts";
import { beside, described, runDescribed } from "./described.ts";

const folder = dirname(beside("package.json", "{}\n"));
/** A package as it is after an installation: JavaScript that loads a shared object. */
function addOn(name: string): void {
  const path = join(folder, "node_modules", name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), JSON.stringify({ name, main: "index.js" }));
  writeFileSync(join(path, "index.js"), 'module.exports = require("./native.node");\n');
  writeFileSync(join(path, "native.node"), `\u007fELF${"\0".repeat(100)}`);
}
for (const name of ["bcrypt", "argon2", "sharp", "native-thing"]) addOn(name);
const install = (peer: string): void =>
  symlinkSync(resolve("node_modules", peer), join(folder, "node_modules", peer));

async function printed(program: string, options = "{}"): Promise<string[]> {
  const { violations, timeline } = await runProgram(program, options);
  expect(violations).toEqual([]);
  return (timeline ?? [])
    .map(({ text }) => text)
    .filter((text) => text !== "" && !text.startsWith("ends: "));
}
let count = 0;
function runProgram(program: string, options = "{}"): Promise<RunOutcome> {
  const name = `program${++count}.mjs`;
  beside(name, program);
  return runDescribed(`w.host("a", "./${name}", ${options}); w.run("1s");`, { timeline: true });
}
const failure = async (program: string, options?: string): Promise<unknown> => {
  return runProgram(program, options).then(
    () => "held",
    (error: unknown) => error,
  );
};

describe("a substitute of Lightcone's", () => {
  it("that is not installed is named with the command that installs it, and absent where it is optional", async () => {
    expect(await failure('import "bcrypt";')).toMatchObject({
      code: "LC_NO_SUBSTITUTE",
      message: expect.stringMatching(/bcrypt is native code.*bcryptjs stands in for it/),
      hint: expect.stringContaining("npm install --save-dev bcryptjs"),
    });
    expect(await printed('await import("bcrypt").catch(({ code }) => console.log(code));')).toEqual(
      ["LC_NO_SUBSTITUTE"],
    );
  });

  it("of SQLite is missed when a database is opened, and not by a program that only loads it", async () => {
    const names = [
      "better-sqlite3",
      "sqlite3",
      ...(isBuiltin("node:sqlite") ? ["node:sqlite"] : []),
    ];
    for (const name of names) {
      if (!name.startsWith("node:")) addOn(name);
      const load = `const loaded = await import(${JSON.stringify(name)});
        const Database = loaded.DatabaseSync ?? loaded.Database ?? loaded.default;
        console.log(typeof Database);`;
      expect((await printed(load)).at(-1)).toBe("function");
      expect(await failure(`${load} new Database("/x.db");`)).toMatchObject({
        code: "LC_NO_SUBSTITUTE",
        message: expect.stringContaining("node-sqlite3-wasm stands in for it"),
      });
    }
  });

  it("is of no use to a program that has not installed the add-on", async () => {
    const program = `import { createRequire } from "node:module";
      try { createRequire("/nowhere/")("bcrypt"); } catch ({ code }) { console.log(code); }`;
    expect(await printed(program)).toEqual(["MODULE_NOT_FOUND"]);
  });

  it("gives bcrypt's hashes, by promises, callbacks and at once, from the seed", async () => {
    install("bcryptjs");
    const program = `import bcrypt, { compare } from "bcrypt";
      console.log(bcrypt.hashSync("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC."));
      const hash = await bcrypt.hash(Buffer.from("secret"), 4);
      console.log(await compare("secret", hash), await compare("wrong", hash), bcrypt.getRounds(hash));
      bcrypt.genSalt(4, (error, salt) => bcrypt.hash("x", salt, (error, hash) => {
        console.log(bcrypt.compareSync("x", hash), hash);
      }));`;
    const first = await printed(program);
    expect(first.slice(0, 2)).toEqual([
      "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
      "true false 4",
    ]);
    expect(first[2]).toMatch(/^true \$2b\$04\$/);
    expect(await printed(program)).toEqual(first);
  });

  it("gives argon2's hashes, and checks those of others", async () => {
    install("hash-wasm");
    const program = `import argon2 from "argon2";
      const known = "$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG";
      console.log(await argon2.verify(known, "password"), await argon2.verify(known, "passwort"));
      const hash = await argon2.hash("secret", { memoryCost: 1024, timeCost: 2 });
      console.log(hash.split("$").slice(0, 4).join("$"), argon2.needsRehash(hash));
      console.log(await argon2.verify(hash, "secret"), hash);`;
    const first = await printed(program);
    expect(first[0]).toBe("true false");
    expect(first[1]).toBe("$argon2id$v=19$m=1024,t=2,p=4 true");
    expect(first[2]).toMatch(/^true /);
    expect(await printed(program)).toEqual(first);
  });

  it("of sharp can be loaded and set up, and says its name when it is given an image", async () => {
    expect(
      await printed('import sharp from "sharp"; sharp.cache(false); console.log("up");'),
    ).toEqual(["up"]);
    expect(await failure('import sharp from "sharp"; sharp("a.png").resize(8);')).toMatchObject({
      code: "LC_NOT_SIMULATED",
      message: expect.stringContaining("sharp is a native add-on"),
    });
  });
});

describe("a substitute of the world's", () => {
  beside(
    "stub.ts",
    "enum Answer { yes = 42 }\nexport const answer: number = Answer.yes;\nexport default { answer };\n",
  );
  const options = '{ substitute: { "native-thing": "./stub.ts" } }';

  it("is loaded for its name by every module system, in children and packages too", async () => {
    const path = join(folder, "node_modules", "user-of-it");
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "package.json"), '{ "name": "user-of-it", "type": "commonjs" }');
    writeFileSync(join(path, "index.js"), 'module.exports = require("native-thing").answer;\n');
    const program = `import native, { answer } from "native-thing";
      import { createRequire } from "node:module";
      import { execFileSync } from "node:child_process";
      import other from "user-of-it";
      const require = createRequire(import.meta.url);
      console.log(answer, native.answer, other, (await import("native-thing")).answer, require("native-thing").answer);
      console.log(String(execFileSync(process.execPath, ["-p", "require('native-thing').answer"])).trim());`;
    expect(await printed(program, options)).toEqual(["42 42 42 42 42", "42"]);
  });

  it("comes before one of Lightcone's", async () => {
    const program = 'import { answer } from "bcrypt"; console.log(answer);';
    expect(await printed(program, '{ substitute: { bcrypt: "./stub.ts" } }')).toEqual(["42"]);
  });

  it("is refused when the world is loaded, if it is no file", async () => {
    const body = (substitute: string): string =>
      `w.host("a", () => {}, { substitute: ${substitute} }); w.run("1s");`;
    await expect(described(body('{ "native-thing": "./absent.ts" }'))).rejects.toThrow(
      /host a: there is no file \.\/absent\.ts to stand in for native-thing/,
    );
    for (const wrong of ['{ x: "bcryptjs" }', '{ "./x": "./stub.ts" }', "{ x: 7 }"]) {
      await expect(described(body(wrong))).rejects.toThrow(
        /is not the path of a file for a module/,
      );
    }
    await expect(described(body('["./stub.ts"]'))).rejects.toThrow(
      /substitute is \["\.\/stub\.ts"\]/,
    );
  });
});

describe("a native add-on without a substitute", () => {
  it("is refused by its name when it is loaded, and only then", async () => {
    const optional = `import { createRequire } from "node:module";
      let native;
      try { native = createRequire(import.meta.url)("native-thing"); } catch ({ message }) { console.log(message); }`;
    const [message] = await printed(optional);
    expect(message).toMatch(/native-thing\/native\.node: native add-ons are not simulated$/);
  });
});
