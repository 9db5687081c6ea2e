/** Child processes that run tasks one at a time; one that crashes or hangs takes only its task with it. */
import { fork, spawn } from "node:child_process";

/** After so many tasks a worker is replaced, so that what one leaks does not add up. */
const TASKS_PER_WORKER = 40;

/** The workers' processes. One in a loop does not notice that this process has ended, so it is killed first. */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
]) {
  process.once(signal, () => process.exit(128 + number));
}

class Worker {
  constructor(path) {
    this.path = path;
    this.tasks = 0;
  }

  start() {
    this.tasks = 0;
    this.child = fork(this.path, [], {
      // Tests that ask for the collector find it: simulated processes share the engine.
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const { child } = this;
    running.add(child);
    child.once("close", () => running.delete(child));
    this.errors = "";
    this.child.stderr.on("data", (chunk) => (this.errors = (this.errors + chunk).slice(-4_000)));
    return new Promise((ready) => {
      this.child.once("message", ready);
      this.child.once("exit", ready);
    });
  }

  async run(task, limitMs) {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) {
      await this.start();
    } else if (++this.tasks >= TASKS_PER_WORKER) {
      this.stop();
      await this.start();
    }
    const { child } = this;
    return new Promise((done) => {
      const finish = (outcome) => {
        clearTimeout(timer);
        child.removeListener("message", finish);
        child.removeListener("exit", onExit);
        if (outcome.spoiled) this.stop();
        done(outcome);
      };
      const onExit = () => {
        this.child = undefined;
        finish({
          error: timedOut ? "the real time limit ran out" : `the worker ended: ${this.errors}`,
          output: "",
          timedOut,
        });
      };
      let timedOut = false;
      const timer = setTimeout(() => {
        timedOut = true;
        child.kill("SIGKILL");
      }, limitMs);
      child.once("message", finish);
      child.once("exit", onExit);
      child.send(task);
    });
  }

  stop() {
    this.child?.removeAllListeners();
    this.child?.kill("SIGKILL");
    running.delete(this.child);
    this.child = undefined;
  }
}

/** Runs every task on `size` workers; calls `onDone(task, outcome)` as each ends. */
export async function runAll(path, tasks, { size, limitMs, onDone }) {
  const queue = [...tasks];
  const serve = async () => {
    const worker = new Worker(path);
    for (let task = queue.shift(); task; task = queue.shift()) {
      onDone(task, await worker.run(task, limitMs));
    }
    worker.stop();
  };
  await Promise.all(Array.from({ length: size }, serve));
}

/** Runs one file on the real Node that runs us. */
export function runReal(file, { flags, cwd, env, limitMs }) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [...flags, file], {
      cwd,
      env: { ...process.env, NODE_SKIP_FLAG_CHECK: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (chunk) => {
      if (output.length < 20_000) output += chunk;
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, limitMs);
    let code = null;
    const end = () => {
      clearTimeout(timer);
      clearTimeout(grace);
      done({ code, output, timedOut });
    };
    let grace;
    // A grandchild may hold the pipes open longer than the test lives.
    child.on("exit", (exitCode) => {
      code = exitCode;
      grace = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        end();
      }, 1_000);
    });
    child.on("close", end);
    child.on("error", end);
  });
}
