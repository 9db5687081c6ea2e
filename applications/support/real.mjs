/** The arm of real processes: each host of an application is a process on loopback, and its flow is walked once. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../tools/free-port.mjs";
import { answersIn } from "./answers.mjs";
import { portOf, programsOf } from "./programs.mjs";

const here = fileURLToPath(new URL("..", import.meta.url));
const START_MS = 180_000;
const FLOW_MS = 300_000;

/**
 * Resolves to the answers of the flow, step by step. Rejects with the last output of whatever ended too early.
 */
export async function realArm(application, checkout) {
  const hosts = [];
  for (const [name, host] of Object.entries(application.hosts)) {
    const programs = [];
    for (const program of programsOf(host)) {
      const { port, fixed } = program;
      programs.push({ ...program, port: port === undefined || fixed ? port : await freePort() });
    }
    hosts.push({ name, serves: host.serves, programs });
  }
  const at = (name) => {
    const port = portOf(hosts.find((host) => host.name === name).programs);
    return { host: "127.0.0.1", port, address: `127.0.0.1:${port}` };
  };
  const started = [];
  const restore = keepAsItWas((application.writes ?? []).map((path) => `${checkout}/${path}`));
  try {
    for (const { name, programs } of hosts) {
      for (const program of programs) {
        const { port } = program;
        const title = programs.length === 1 ? name : `${name}/${program.name}`;
        if (port !== undefined && (await accepts(port))) {
          throw new Error(`port ${port}, which ${title} needs, is taken by another program`);
        }
        const running = start(title, ...commandOf(program, at, checkout));
        started.push(running);
        if (program.ends) await succeeded(running);
        else if (port !== undefined) await listening(running, port);
      }
    }
    const flow = start("the flow", process.execPath, [
      `${here}${application.flow}`,
      "once",
      ...hosts.filter(({ serves }) => serves).map(({ name }) => `http://${at(name).address}`),
    ]);
    started.push(flow);
    await Promise.race([succeeded(flow), sleep(FLOW_MS, "the flow did not end")]);
    return answersIn(flow.output.split("\n"));
  } catch (error) {
    const last = started
      .map(({ name, output }) => `--- ${name}\n${output.slice(-1_500)}`)
      .join("\n");
    throw new Error(`${error.message}\n${last}`, { cause: error });
  } finally {
    for (const { child } of started) killAll(child);
    await Promise.all(started.map(({ ended }) => ended));
    restore();
  }
}

/** Returns a function that puts files and folders of the checkout back as they were, and removes what was not there. */
function keepAsItWas(paths) {
  const kept = mkdtempSync(join(tmpdir(), "applications-"));
  const there = paths.map((path) => existsSync(path));
  for (const [n, path] of paths.entries())
    if (there[n]) cpSync(path, join(kept, String(n)), { recursive: true });
  return () => {
    for (const [n, path] of paths.entries()) {
      rmSync(path, { recursive: true, force: true });
      if (there[n]) cpSync(join(kept, String(n)), path, { recursive: true });
    }
    rmSync(kept, { recursive: true });
  };
}

/** The command of a program, its arguments, environment and working directory. */
function commandOf(program, at, checkout) {
  if (program.block === "redis") {
    const { port } = program;
    const real = spawnSync("redis-server", ["--version"]).status === 0;
    return real
      ? ["redis-server", ["--port", String(port), "--save", "", "--bind", "127.0.0.1"]]
      : [
          process.execPath,
          [`${here}../dist/cli/main.js`, "serve", "redis", "--port", String(port)],
        ];
  }
  const { file, own, preload, argv, env } = program;
  const path = own ? `${here}${own}` : `${checkout}/${file}`;
  const flags = preload ? ["--require", `${here}${preload}`] : [];
  const args = [...flags, path, ...(argv?.(at) ?? [])];
  return [process.execPath, args, env?.(at) ?? {}, own ? here : checkout];
}

function start(name, command, args, env = {}, cwd = here) {
  const child = spawn(command, args, {
    cwd,
    // A group of its own, so that what it starts can be ended with it.
    detached: true,
    // As a host of a world, it inherits nothing but where programs lie.
    env: { PATH: process.env["PATH"], TZ: "UTC", LANG: "C.UTF-8", NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const program = { name, child, output: "", ended: undefined };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (program.output += text));
  }
  program.ended = new Promise((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", (code, signal) => done(code ?? signal));
  });
  return program;
}

function killAll({ pid }) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of them have ended.
  }
}

async function succeeded(program) {
  const code = await program.ended;
  if (code !== 0) throw new Error(`${program.name} ended with ${code}`);
}

/** Resolves when the program accepts connections. */
async function listening(program, port) {
  let end;
  void program.ended.then((code) => (end = code));
  for (const untilMs = Date.now() + START_MS; ; await sleep(100)) {
    if (end !== undefined) throw new Error(`${program.name} ended with ${end}`);
    if (await accepts(port)) return;
    if (Date.now() > untilMs) throw new Error(`${program.name} did not listen on port ${port}`);
  }
}

function accepts(port) {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => (socket.destroy(), done(true)));
    socket.on("error", () => done(false));
  });
}

function sleep(ms, failure) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => (failure ? fail(new Error(failure)) : done()), ms);
    if (failure) timer.unref();
  });
}
