/** Classes that get hundreds of methods in a loop: cheap to start, and in nothing different to see. */
import { setFlagsFromString } from "node:v8";
import { expect, it } from "vitest";
import { makeRoomy } from "../../src/node/program/prototypes.ts";
import { applyEdits } from "../../src/node/program/source/edits.ts";
import { transformCommonJs, transformModule } from "../../src/node/program/source/transform.ts";
import { both } from "./arms.ts";

const names = Array.from({ length: 300 }, (_, at) => `command${at}`);

it("shows what it would show outside: names, their order, attributes, places of errors", async () => {
  await both(`
    const names = ${JSON.stringify(names)};
    function make(name) {
      if (name === "command299") throw new Error("enough");
      return function () { return name; };
    }
    class Commander {
      own() {}
    }
    class Client extends Commander {}
    try {
      names.forEach((name) => {
        Commander.prototype[name] = make(name); Commander.prototype[name + "Buffer"] = 1;
      });
    } catch (error) {
      console.log(error.stack.split("\\n").slice(0, 3).join("|").replaceAll(new URL(".", import.meta.url).href, "").replaceAll(import.meta.dirname + "/", ""));
    }
    console.log(Reflect.ownKeys(Commander.prototype).join(), Object.keys(Client.prototype).length);
    console.log(Object.getOwnPropertyDescriptor(Commander.prototype, "command7").enumerable);
    console.log(new Client().command7(), new Client().own(), "command299" in new Client());
  `);
});

it("leaves alone what is no class of the program, or can take nothing more", async () => {
  await both(
    `"use strict";
    class Closed {}
    Object.freeze(Closed.prototype);
    const traps = [];
    const Odd = new Proxy(class {}, { get(target, key) { traps.push(key); return target[key]; } });
    const plain = { prototype: {} };
    let refused = 0;
    for (const name of ${JSON.stringify(names)}) {
      plain.prototype[name] = 1;
      Odd.prototype[name] = 1;
      Array.prototype[Symbol.for(name)] = 1;
      try {
        Closed.prototype[name] = 1;
      } catch (error) {
        refused += error instanceof TypeError;
      }
    }
    console.log(refused, traps.length, Object.keys(plain.prototype).length, [].concat([1, 2]).length);
  `,
    { name: "program.cjs" },
  );
});

it("does not mistake text for a statement", async () => {
  const text = ["function generated() {", "  Class.prototype[name] = 1;", "}"].join("\n");
  await both(`console.log(\`${text}\`, ${JSON.stringify(text)}, \`// program.mjs\n${text}\`);`);
});

it("is called before each of such assignments, and in no text", () => {
  const block =
    "\n{\n  A.prototype[x] = 1;\n  A.prototype.z = 1;\n  f(() => { A.prototype[y] = 1; });\n}\n";
  const called =
    "\n{\n  ;__lc_room(A);A.prototype[x] = 1;\n  A.prototype.z = 1;\n  f(() => { ;__lc_room(A);A.prototype[y] = 1; });\n}\n";
  for (const transform of [transformCommonJs, transformModule]) {
    const head = "const A = class {}, x = 1, y = 2, f = (g) => g();";
    const source = `${head}${block}\`\n  A.prototype[x] = 1;\``;
    expect(applyEdits(source, transform(source).edits)).toBe(source.replace(block, () => called));
  }
});

it("makes room for many properties, which V8 does not by itself", () => {
  setFlagsFromString("--allow-natives-syntax");
  const isFast = new Function("object", "return %HasFastProperties(object)") as (
    o: object,
  ) => boolean;
  setFlagsFromString("--no-allow-natives-syntax");
  const fill = (prepare: (owner: unknown) => void): boolean => {
    class Class {}
    const methods = Class.prototype as Record<string, unknown>;
    for (const name of names) {
      prepare(Class);
      methods[name] = () => name;
    }
    return isFast(methods);
  };
  expect([fill(() => undefined), fill(makeRoomy)]).toEqual([true, false]);
});
