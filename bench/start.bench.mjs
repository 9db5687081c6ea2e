/**
 * The processor time of starting programs, and of runs of worlds that start many. It includes all threads of V8. Wall
 * time would depend on what else the machine does.
 *
 * `--against REF` also measures a build of another commit (a tag, a commit, or a folder with a `dist`), both at once, so
 * that whatever else the machine does meets both, and prints the median ratio of the rounds: below 1, this build is
 * faster. `--program FILE` also measures the start of
 * another program.
 */
import { fork, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
/** Repetitions in a round. */
const STARTS = 20;
const RUNS = 3;
const ROUNDS = 5;
const SERVICE_TARGET_MS = 1_000;

export default async function start(report, { against, program }) {
  const other = against === undefined ? undefined : otherBuild(against);
  try {
    for (const measured of subjects(program)) await measure(report, measured, other?.dist);
  } finally {
    other?.remove();
  }
}

function subjects(program) {
  const programs = ["express", "fastify", "bullmq", "nestjs"]
    .filter((name) => name !== "nestjs" || isInstalled("@nestjs/core"))
    .map((name) => ({ name: `start of ${name}`, file: at(`worlds/programs/${name}.mjs`) }));
  if (program !== undefined) programs.push({ name: `start of ${program}`, file: resolve(program) });
  return [
    ...programs.map((one) => ({ ...one, kind: "program", repetitions: STARTS })),
    {
      name: "redlock world, 10 simulated seconds",
      file: at("worlds/redlock-10s.world.ts"),
      kind: "world",
      repetitions: RUNS,
    },
    {
      name: "service world, a simulated minute",
      file: at("worlds/service/service.world.ts"),
      kind: "world",
      repetitions: RUNS,
      target: SERVICE_TARGET_MS,
    },
  ];
}

async function measure(report, { name, kind, file, repetitions, target }, otherDist) {
  const ours = await arm(`${root}dist`, kind, file);
  const theirs = otherDist && (await arm(otherDist, kind, file));
  const [mine, peers] = [[], []];
  let events = 0;
  try {
    const both = (times) => Promise.all([ours.go(times), theirs?.go(times)]);
    const first = (await both(1)).map((answer) => answer?.cpuMs[0]);
    report(figure(`${name}, the first`, ...first));
    // A campaign starts programs thousands of times, so the cold ones do not count below.
    await both(repetitions);
    for (let round = 0; round < ROUNDS; round++) {
      const [answer, other] = await both(repetitions);
      events = answer.events;
      mine.push(mean(answer.cpuMs));
      if (other) peers.push(mean(other.cpuMs));
    }
  } finally {
    ours.stop();
    theirs?.stop();
  }
  const value = Math.min(...mine);
  const bounded = target === undefined ? {} : { target, met: value <= target };
  const compared = theirs && { ratio: middle(mine.map((ms, round) => ms / peers[round])) };
  report({ ...figure(name, value, theirs && Math.min(...peers)), ...compared, ...bounded });
  if (kind === "world") report({ name: `${name}, events`, value: events, unit: "events" });
}

function figure(name, value, peer) {
  const compared =
    peer === undefined ? {} : { peer: Number(peer.toPrecision(4)), ratio: value / peer };
  return { name, value, unit: "cpu ms", ...compared };
}

/** A process over one build, with that build's flags for V8. `go(n)` repeats what it measures. */
async function arm(dist, kind, file) {
  const { engineFlags } = await import(pathToFileURL(join(dist, "explore/index.js")).href);
  const child = fork(at("start-arm.mjs"), [dist, kind, file], {
    execArgv: [...engineFlags],
    // As the processes of a campaign have them.
    env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" },
  });
  const next = () =>
    new Promise((done, failed) => {
      const ended = () => failed(new Error(`the arm over ${dist} ended`));
      child.once("exit", ended);
      child.once("message", (answer) => {
        child.off("exit", ended);
        if (answer.error === undefined) done(answer);
        else failed(new Error(`${file} over ${dist}: ${answer.error}`));
      });
    });
  await next();
  return {
    go(repetitions) {
      child.send(repetitions);
      return next();
    },
    stop: () => child.kill("SIGKILL"),
  };
}

/** The build of another commit, or one that is in a folder already. */
function otherBuild(against) {
  for (const dist of [resolve(against, "dist"), resolve(against)]) {
    if (existsSync(join(dist, "node/index.js"))) return { dist, remove() {} };
  }
  const directory = mkdtempSync(join(tmpdir(), "lightcone-bench-"));
  const remove = () => {
    spawnSync("git", ["worktree", "remove", "--force", directory], { cwd: root });
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    run("git", ["worktree", "add", "--detach", "--force", directory, against]);
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "junction");
    run(process.execPath, [join(directory, "tools/build.mjs")], directory);
  } catch (error) {
    remove();
    throw error;
  }
  return { dist: join(directory, "dist"), remove };
}

function run(command, args, cwd = root) {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
}

function isInstalled(name) {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Collections of garbage count, in whichever repetition they fall. */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
