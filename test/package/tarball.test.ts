/**
 * The package as people get it: packed, installed in an empty project, and used as the README says. Whatever is not
 * in the tarball, or is only found because the sources lie beside it, shows here.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatMessage } from "publint/utils";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(cwd: string, command: string, ...args: string[]): Ended {
  const env = { ...process.env, NO_COLOR: "1", CI: "true", npm_config_update_notifier: "false" };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  return { code: status, stdout, stderr };
}

describe("the packed package, in an empty project", () => {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-package-"));
  const project = join(folder, "project");
  const installed = join(project, "node_modules", "lightcone");
  let tarball = "";
  const lightcone = (...args: string[]): Ended => run(project, "npx", "--no", "lightcone", ...args);

  beforeAll(() => {
    const packed = run(
      root,
      "npm",
      "pack",
      "--ignore-scripts",
      "--json",
      "--pack-destination",
      folder,
    );
    tarball = join(folder, (JSON.parse(packed.stdout) as [{ filename: string }])[0].filename);
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true }\n');
    const { code, stderr } = run(project, "npm", "install", "-D", "--prefer-offline", tarball);
    expect(stderr).not.toMatch(/ERR!/);
    expect(code).toBe(0);
    expect(lightcone("init")).toMatchObject({ code: 0, stderr: "" });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is one that package managers, bundlers and TypeScript take", async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    const attw = join(root, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");
    const types = run(
      root,
      process.execPath,
      attw,
      tarball,
      "--profile",
      "esm-only",
      "--format",
      "ascii",
    );
    expect(types.code, types.stdout + types.stderr).toBe(0);
  });

  it("holds what the README links to, and no source map without its sources", () => {
    const readme = readFileSync(join(installed, "README.md"), "utf8");
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
      ([, link]) => link as string,
    );
    // CONTRIBUTING.md is for who has the repository.
    expect(links.filter((link) => !existsSync(join(installed, link)))).toEqual(["CONTRIBUTING.md"]);
    const files = readdirSync(installed, { recursive: true }) as string[];
    expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
    for (const page of files.filter((file) => /^docs.*\.md$/.test(file))) {
      const text = readFileSync(join(installed, page), "utf8");
      for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)) {
        const target = join(installed, dirname(page), link as string);
        expect(existsSync(target), `${page} links to ${link as string}`).toBe(true);
      }
    }
  });

  it("walks the README: a campaign, a replay, a run that is verified", () => {
    const explored = lightcone("explore", "lock.world.ts", "--runs", "40");
    expect(explored.stdout).toContain("two holders of job");
    expect(explored.code).toBe(1);
    const replay = /npx lightcone replay (\S+)/.exec(explored.stdout)?.[1] as string;
    const replayed = lightcone("replay", replay);
    expect(replayed.stdout).toContain("two holders of job");
    expect(replayed.code).toBe(1);
    const verified = lightcone("run", "lock.world.ts", "--seed", "7", "--no-faults", "--verify");
    expect(verified.stdout).toContain("the same in a used and in a fresh process");
    expect(verified.code).toBe(0);
  });

  it("shows a stranger a bug: the demo finds it, names its page, and needs nothing else", () => {
    const shown = lightcone("demo");
    expect(shown.stdout).toMatch(/two holders of job from [\d.]+s to [\d.]+s {2}\(mutex\)/);
    expect(shown.code, shown.stderr).toBe(0);
    const address = /See how it came about: (file:\S+)/.exec(shown.stdout)?.[1] as string;
    const page = readFileSync(new URL(address), "utf8");
    expect(page).toContain("<title>✗ two holders of job");
    expect(readFileSync(join(project, "demo.world.ts"), "utf8")).toContain("w.check(mutex())");
    const drawn = lightcone("view", fileURLToPath(address).replace(/html$/, "trace"), "--timeline");
    expect(drawn.stdout).toContain("SET job worker-");
    expect(drawn.stdout).toContain("← here it shows");
  });

  it("gives a world's file its types, under TypeScript's strictest rules", () => {
    const settings = ["--strict", "--noEmit", "--module", "NodeNext", "--target", "ES2023"];
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const types = join(root, "node_modules", "@types");
    const args = [...settings, "--typeRoots", types, "--types", "node", "lock.world.ts"];
    expect(run(project, process.execPath, tsc, ...args)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
    writeFileSync(
      join(project, "wrong.world.ts"),
      'import { world } from "lightcone";\nexport default world("w", (w) => w.host("a", 1));\n',
    );
    const wrong = run(project, process.execPath, tsc, ...args.slice(0, -1), "wrong.world.ts");
    expect(wrong.stdout).toMatch(/wrong\.world\.ts\(2,\d+\): error TS\d+/);
  });

  it("runs a Redis block whose Lua comes with it", () => {
    writeFileSync(
      join(project, "redis.world.mjs"),
      `import { connect } from "node:net";
       import { world } from "lightcone";
       import { redis } from "lightcone/blocks";
       export default world("a script answers", (w) => {
         const store = w.host("redis", redis());
         w.host("client", async ({ op, eventually }) => {
           let said = "";
           await op("eval", "script", () => new Promise((resolve, reject) => {
             const socket = connect(6379, store, () => socket.write("EVAL 'return 6*7' 0\\r\\n"));
             socket.on("data", (data) => { said = String(data).trim(); socket.end(); resolve(said); });
             socket.on("error", reject);
           }));
           console.log("said", said);
         });
         w.run("5s");
       });\n`,
    );
    const ran = lightcone("run", "redis.world.mjs", "--trace");
    expect(ran.stdout).toContain("-> ok :42");
    expect(ran.code).toBe(0);
  });
});
